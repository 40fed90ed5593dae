// Asking for what an action on a rights request needs: a text, a reason, a second look at what it does. While the dialog is open it
// follows the feed: another's change is shown, and nothing is written over it.

import { get, newKey, post } from '../shared/api.js';
import { dialog } from '../shared/dialogs.js';
import { byId, element, on } from '../shared/dom.js';
import { explain, FieldProblem, clearProblems, submitForm, PageProblem } from '../shared/forms.js';
import { t } from '../shared/text.js';
import { didText, requestText } from './change.js';
import { consequence } from './request-consequence.js';
import { customerText, isSelf, statusName, whoText } from './words.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */
/** @typedef {import('./list.js').Customer} Customer */

// So long a change has to be on the screen before it counts as seen.
const SEEN_MS = 700;
/** Codes of why the customer has to wait longer, or gets nothing. */
const WHYS = /** @type {Record<string, string[]>} */ ({
  extend: ['complex', 'many-requests'],
  refuse: ['identity-not-proven', 'unfounded', 'excessive', 'legal-obligation', 'rights-of-others'],
});
/** Whether there is something to write, and whether it has to be. */
const TEXTS = /** @type {Record<string, 'must' | 'may'>} */ ({ ask: 'must', resume: 'may', extend: 'may', fulfil: 'may', refuse: 'must', cancel: 'may' });

const form = /** @type {HTMLFormElement} */ (byId('request-form'));
const text = /** @type {HTMLTextAreaElement} */ (byId('request-text'));
const why = /** @type {HTMLSelectElement} */ (byId('request-why'));

/** @type {{action: string, request: RightsRequest, who: Customer}} */
let question;
/** @type {RightsRequest | null} */
let answer = null;
let changedAt = -Infinity;
let key = '';

/** Asks, and does it; what the request is then, null where nothing was done. @param {string} action @param {RightsRequest} request
 * @param {Customer} who @returns {Promise<RightsRequest | null>} */
export function askRequest(action, request, who) {
  [question, answer, changedAt, key] = [{ action, request, who }, null, -Infinity, newKey()];
  form.reset();
  clearProblems(form);
  byId('request-change').textContent = '';
  draw();
  dialog('request').showModal();
  /** @type {HTMLElement} */ (form.querySelector('.field:not([hidden]) .input')).focus();
  return new Promise((resolve) => on(dialog('request'), 'close', () => resolve(answer), { once: true }));
}

/** Something has changed: where the dialog is about it, it says so. @param {import('./activity.js').Change} change */
export function noteRequest({ request, actor }) {
  if (!dialog('request').open || request?.id !== question.request.id || request.version <= question.request.version) return;
  question.request = request;
  draw();
  if (isSelf(actor) && byId('request-submit').getAttribute('aria-disabled') === 'true') return; // what is being saved comes by the feed, too
  changedAt = performance.now();
  byId('request-change').textContent = t('csr.request-changed', { who: whoText(actor), did: didText(request), status: statusName(request.status) });
}

/** @param {string} id @returns {Promise<RightsRequest>} */
export const readRequest = async (id) => (await get(`/rights-requests/${id}`)).data;

/** What became of it since it was shown. @param {RightsRequest} shown */
export async function changeText({ id, version }) {
  try {
    const { data } = await get(`/rights-requests/${id}/history`);
    const last = data.events.map((/** @type {any} */ event) => event.data).findLast((/** @type {any} */ one) => one.request.version > version);
    return last ? t('csr.request-changed', { who: whoText(last.actor), did: didText(last.request), status: statusName(last.request.status) }) : undefined;
  } catch (error) {
    return explain(error);
  }
}

function draw() {
  const { action, request, who } = question;
  byId('request-title').textContent = t(`csr.ask-${action}`);
  byId('request-about').textContent = t('csr.request-about', { what: requestText(request), customer: customerText(who), status: statusName(request.status) });
  byId('request-submit').textContent = t(`csr.submit-${action}`);
  byId('request-submit').dataset.kind = action === 'fulfil' && request.kind === 'erasure' ? 'danger' : 'primary';
  byId('request-text-label').textContent = t(`csr.text-${action}`);
  byId('request-why-field').hidden = !WHYS[action];
  if (!why.value) why.replaceChildren(...['', ...(WHYS[action] ?? [])].map((code) => Object.assign(element('option', '', t(`csr.why-${code || 'choose'}`)), { value: code })));
  byId('request-consequence').replaceChildren(...consequence(action, request));
}

/** The body of the request; throws FieldProblem. */
function read() {
  const { action } = question;
  const [words, code] = [text.value.trim(), why.value];
  if (WHYS[action] && !code) throw new FieldProblem('why', t('csr.reason-missing'));
  if (TEXTS[action] === 'must' && !words) throw new FieldProblem('text', t(`csr.text-missing-${action}`));
  if (WHYS[action]) return { reason: { code, ...(words && { text: words }) } };
  if (action === 'cancel') return words ? { reason: { code: 'customer-request', text: words } } : {};
  return words ? { text: words } : {};
}

async function act() {
  if (performance.now() - changedAt < SEEN_MS) throw new PageProblem(t('csr.act-wait'));
  const { action, request } = question;
  const body = read();
  try {
    answer = (await post(`/rights-requests/${request.id}/${action}`, body, { key, match: request.version })).data.request;
  } catch (error) {
    await explainRefusal(/** @type {import('../shared/api.js').ApiError} */ (error), request);
  }
}

/** It was changed meanwhile, and the feed may not have said so yet. @param {import('../shared/api.js').ApiError} error
 * @param {RightsRequest} shown */
async function explainRefusal(error, shown) {
  if (error.status === 0 || error.code === 'outcome-unknown') throw new PageProblem(t('csr.act-unknown'));
  key = newKey(); // answered: the same again is another one
  if (error.code !== 'stale' && error.code !== 'wrong-status') throw error;
  question.request = await readRequest(shown.id);
  byId('request-change').textContent = (await changeText(shown)) ?? '';
  draw();
  throw new PageProblem(t('csr.request-stale'));
}

on(form, 'submit', async (event) => {
  event.preventDefault();
  if (await submitForm(form, act)) dialog('request').close();
});
