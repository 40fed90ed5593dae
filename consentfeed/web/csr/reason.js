// How it is known what the customer wants: a code, where it is filed, and a note. Part of the dialog for acting on their behalf.

import { byId, element, on } from '../shared/dom.js';
import { t } from '../shared/text.js';
import { REASONS, reasonText } from './words.js';

const OWN = 'own';

const code = /** @type {HTMLSelectElement} */ (byId('act-code'));
const [own, reference, note] = ['act-own', 'act-reference', 'act-note'].map((id) => /** @type {HTMLInputElement} */ (byId(id)));

/** @typedef {{code: string, reference?: string, text?: string}} Reason */

/** What was said last of the customer whose card is open: it is one call. */
const kept = { customer: '', code: '', own: '', reference: '' };

/** Begins anew, after the form was reset; with what was said of the same customer before. @param {string} customer */
export function drawReason(customer) {
  const usual = REASONS.map((one) => [one, reasonText(one)]);
  const options = [['', t('csr.reason-choose')], ...usual, [OWN, t('csr.reason-other')]];
  code.replaceChildren(...options.map(([value, text]) => Object.assign(element('option', '', text), { value })));
  if (kept.customer === customer) [code.value, own.value, reference.value] = [kept.code, kept.own, kept.reference];
  drawOwn();
  complain(code, '');
  complain(own, '');
}

/** @param {string} customer */
export function keepReason(customer) {
  Object.assign(kept, { customer, code: code.value, own: own.value, reference: reference.value });
}

/** The card was closed, and with it the call. */
export function forgetReason() {
  keepReason('');
}

/** What was chosen, as the API takes it; null where something is missing, which is said beside it. @returns {Reason | null} */
export function readReason() {
  complain(code, code.value ? '' : t('csr.reason-missing'));
  complain(own, code.value !== OWN || isCode(own.value.trim()) ? '' : t('csr.reason-own-hint'));
  const wrong = [code, own].find((input) => input.getAttribute('aria-invalid') === 'true');
  if (wrong) return wrong.focus(), null;
  const [where, text] = [reference.value.trim(), note.value.trim()];
  return { code: code.value === OWN ? own.value.trim() : code.value, ...(where && { reference: where }), ...(text && { text }) };
}

/** @param {string} text */
const isCode = (text) => /^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(text);

/** @param {HTMLElement} input @param {string} problem */
function complain(input, problem) {
  input.setAttribute('aria-invalid', String(Boolean(problem)));
  byId(`${input.id}-problem`).textContent = problem;
}

function drawOwn() {
  byId('act-own-field').hidden = code.value !== OWN;
}

on(code, 'change', drawOwn);
