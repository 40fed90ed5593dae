// Asking for something about one's data: what it is, in plain words, and what there is to say.

import { newKey, post } from '../shared/api.js';
import { dialog } from '../shared/dialogs.js';
import { byId, clone, fill, on, slot } from '../shared/dom.js';
import { PageProblem, clearProblems, submitForm } from '../shared/forms.js';
import { t } from '../shared/text.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */

const KINDS = ['access', 'portability', 'rectification', 'objection', 'restriction', 'erasure', 'complaint'];

const form = /** @type {HTMLFormElement} */ (byId('ask-form'));
const text = /** @type {HTMLTextAreaElement} */ (byId('ask-text'));

/** @type {RightsRequest | null} */
let answer = null;
let key = '';

/** What was asked for then, null where nothing was. @returns {Promise<RightsRequest | null>} */
export function askForMore() {
  [answer, key] = [null, newKey()];
  clearProblems(form);
  if (!byId('ask-kinds').childElementCount) byId('ask-kinds').append(...KINDS.map(choice));
  dialog('ask').showModal();
  return new Promise((resolve) => on(dialog('ask'), 'close', () => resolve(answer), { once: true }));
}

/** @param {string} kind */
function choice(kind) {
  const line = fill(clone('ask-kind'), { name: t(`customer.want-${kind}`), hint: t(`customer.want-${kind}-hint`) });
  /** @type {HTMLInputElement} */ (slot(line, 'box')).value = kind;
  return line;
}

async function send() {
  const kind = new FormData(form).get('kind');
  if (!kind) throw new PageProblem(t('customer.ask-missing'));
  const words = text.value.trim();
  answer = (await post('/rights-requests', { kind, ...(words && { text: words }) }, { key })).data.request;
  form.reset();
}

on(form, 'submit', async (event) => {
  event.preventDefault();
  if (await submitForm(form, send)) dialog('ask').close();
});
