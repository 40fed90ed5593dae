// Forms that ask the server: what was refused is said beside the field that caused it, and nothing typed is lost.

import { ApiError } from '../shared/api.js';
import { byId, element, on, slot } from '../shared/dom.js';
import { addDraft } from '../shared/drafts.js';
import { problemText } from '../shared/problems.js';
import { isLeaving } from '../shared/session.js';

/** A problem that the page itself finds; field is the name of an input. */
export class FieldProblem extends Error {
  /** @param {string} field @param {string} text */
  constructor(field, text) {
    super(text);
    this.field = field;
  }
}

/** What went wrong. @param {unknown} error @returns {string} */
export const explain = (error) => (error instanceof FieldProblem ? error.message : problemText(error));

/** Runs what a form's submit button does, once at a time; a refusal is shown where it belongs.
 * @param {HTMLFormElement} form @param {() => Promise<void>} run @returns {Promise<boolean>} whether it went well */
export async function submitForm(form, run) {
  const button = slot(form, 'submit');
  if (button.getAttribute('aria-disabled') === 'true') return false;
  clearProblems(form);
  // Not "disabled": the button would lose the focus.
  button.setAttribute('aria-disabled', 'true');
  try {
    await run();
    return true;
  } catch (error) {
    showProblem(form, error);
    return false;
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

/** @param {HTMLFormElement} form */
export function clearProblems(form) {
  for (const node of form.querySelectorAll('.problem')) node.textContent = '';
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
}

/** @param {HTMLFormElement} form @param {unknown} error */
function showProblem(form, error) {
  const text = explain(error);
  const input = form.querySelector(`[name="${CSS.escape(fieldOf(error))}"]`);
  const target = input?.closest('.field')?.querySelector('.problem') ?? slot(form, 'problem');
  target.textContent = text;
  if (!(input instanceof HTMLElement)) return;
  input.setAttribute('aria-invalid', 'true');
  input.focus();
}

/** The name of the field that caused it, or ''. @param {unknown} error */
export function fieldOf(error) {
  if (error instanceof FieldProblem) return error.field;
  if (!(error instanceof ApiError)) return '';
  if (error.code === 'taken') return 'email';
  return /at `\$\.(\w+)/.exec(error.detail)?.[1] ?? '';
}

/** Asks once whether to do something, does it, and closes; a refusal is shown in the dialog.
 * @param {{title: string, text: (string | Node)[], action: string, danger?: boolean, run: () => Promise<void>}} question */
export function confirm({ title, text, action, danger, run }) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('confirm'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const submit = slot(form, 'submit');
  slot(form, 'title').textContent = title;
  slot(form, 'text').replaceChildren(...text.map(paragraph));
  submit.textContent = action;
  submit.dataset.kind = danger ? 'danger' : 'primary';
  clearProblems(form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await submitForm(form, run)) dialog.close();
  };
  slot(form, 'cancel').onclick = () => dialog.close();
  dialog.showModal();
  slot(form, 'cancel').focus();
}

/** @param {string | Node} content */
function paragraph(content) {
  const line = element('p');
  line.append(content);
  return line;
}

/** The browser asks before the page is left, where something would be lost. @param {() => boolean} isUnsaved */
export function askBeforeLeaving(isUnsaved) {
  addDraft(isUnsaved);
  // Where another person has signed in, nothing of this one's stays.
  on(window, 'beforeunload', (event) => isUnsaved() && !isLeaving() && event.preventDefault());
}
