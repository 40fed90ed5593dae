// Asks once whether to do something, does it, and closes; a refusal is shown in the dialog.

import { byId, element, slot } from '../shared/dom.js';
import { clearProblems, submitForm } from '../shared/forms.js';

/** @typedef {{title: string, text: (string | Node)[], action: string, danger?: boolean, run: () => Promise<void>}} Question */

const parts = () => {
  const dialog = /** @type {HTMLDialogElement} */ (byId('confirm'));
  return { dialog, form: /** @type {HTMLFormElement} */ (dialog.querySelector('form')) };
};

/** @param {Question} question */
export function confirm(question) {
  const { dialog, form } = parts();
  drawQuestion(question);
  clearProblems(form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await submitForm(form, question.run)) dialog.close();
  };
  slot(form, 'cancel').onclick = () => dialog.close();
  dialog.showModal();
  slot(form, 'cancel').focus({ preventScroll: true }); // what is asked is read from its beginning
}

/** Asks something else in the dialog that is open, where what it was about has changed.
 * @param {Pick<Question, 'title' | 'text' | 'action' | 'danger'>} question */
export function drawQuestion({ title, text, action, danger }) {
  const { form } = parts();
  const submit = slot(form, 'submit');
  slot(form, 'title').textContent = title;
  slot(form, 'text').replaceChildren(...text.map(paragraph));
  submit.textContent = action;
  submit.dataset.kind = danger ? 'danger' : 'primary';
}

/** @param {string | Node} content */
function paragraph(content) {
  if (content instanceof HTMLElement && content.tagName === 'DETAILS') return content;
  const line = element('p');
  line.append(content);
  return line;
}
