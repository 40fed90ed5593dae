// Writing down what a customer demands by letter, in a shop or on the phone.

import { newKey, post } from '../shared/api.js';
import { now } from '../shared/clock.js';
import { dialog } from '../shared/dialogs.js';
import { byId, element, on } from '../shared/dom.js';
import { FieldProblem, clearProblems, submitForm } from '../shared/forms.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { requestText } from './change.js';
import { customerText, fillReasons } from './words.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */

const KINDS = ['access', 'rectification', 'erasure', 'restriction', 'portability', 'objection', 'complaint'];

const form = /** @type {HTMLFormElement} */ (byId('request-new-form'));
const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

/** @type {import('./list.js').Customer} */
let who;
/** @type {RightsRequest | null} */
let answer = null;
let key = '';

/** Asks, and writes it down; null where nothing was. @param {import('./list.js').Customer} customer @returns {Promise<RightsRequest | null>} */
export function askNew(customer) {
  [who, answer, key] = [customer, null, newKey()];
  form.reset();
  clearProblems(form);
  byId('request-new-about').textContent = customerText(customer);
  const kinds = [['', t('csr.request-choose')], ...KINDS.map((kind) => [kind, t(`right.${kind}`)])];
  input('kind').replaceChildren(...kinds.map(([value, name]) => Object.assign(element('option', '', name), { value })));
  fillReasons(/** @type {any} */ (input('code')));
  input('day').value = input('day').max = dayOf(new Date(now()));
  dialog('request-new').showModal();
  input('kind').focus();
  return new Promise((resolve) => on(dialog('request-new'), 'close', () => resolve(answer), { once: true }));
}

async function send() {
  const [kind, code, text] = [input('kind').value, input('code').value, input('text').value.trim()];
  if (!kind) throw new FieldProblem('kind', t('csr.request-kind-missing'));
  if (!code) throw new FieldProblem('code', t('csr.reason-missing'));
  const reference = input('reference').value.trim();
  const body = { kind, customer_id: who.id, ...(text && { text }), ...received(), reason: { code, ...(reference && { reference }) } };
  answer = (await post('/rights-requests', body, { key })).data.request;
  toast({ kind: 'success', text: t('csr.request-written', { what: requestText(/** @type {RightsRequest} */ (answer)) }), own: true });
}

/** Of another day than today: its noon. */
function received() {
  const day = input('day').value;
  return day && day !== dayOf(new Date(now())) ? { received_at: new Date(`${day}T12:00:00`).toISOString() } : {};
}

/** "2026-11-30", here. @param {Date} at */
const dayOf = (at) => [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((part) => String(part).padStart(2, '0')).join('-');

on(form, 'submit', async (event) => {
  event.preventDefault();
  if (await submitForm(form, send)) dialog('request-new').close();
  else key = newKey();
});
