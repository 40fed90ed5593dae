// Acting on a customer's behalf: what the customer wants, what was read out, why, and where that is filed. While it is open it follows
// the feed: what it says of the consent is so, or it says what happened.

import { get, newKey, post } from '../shared/api.js';
import { dialog } from '../shared/dialogs.js';
import { byId, on } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { Reading } from './reading.js';
import { drawCodes, readReason } from './reason.js';
import { customerText, statusName, whatText, whoText } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {import('./activity.js').Change} Change */

// So long a change has to be on the screen before it counts as seen.
const SEEN_MS = 700;

const form = /** @type {HTMLFormElement} */ (byId('act-form'));
const submit = /** @type {HTMLButtonElement} */ (byId('act-submit'));
const actions = /** @type {RadioNodeList} */ (form.elements.namedItem('action'));
const reading = new Reading(drawSubmit);

/** As it is shown. @type {Consent | null} */
let consent = null;
let customerName = '';
/** After the decision. @type {Consent | null} */
let result = null;
// The same request again, after no answer came, must not be done twice; another one needs another key.
let key = '';
let lastRequest = '';
let changedAt = -Infinity;

/** Asks, and does it; what the consent is then, or null where nothing was done.
 * @param {Consent} about @param {import('./list.js').Customer} who @returns {Promise<Consent | null>} */
export function actOn(about, who) {
  const customer = customerText(who);
  [consent, customerName, result, lastRequest, changedAt] = [about, customer, null, '', -Infinity];
  form.reset();
  actions.value = about.status === 'granted' ? 'revoke' : 'grant';
  drawAbout();
  drawCodes();
  byId('act-change').textContent = '';
  showProblem('');
  reading.open(about.purpose, who.language ?? '');
  drawAction();
  dialog('act').showModal();
  /** @type {HTMLElement} */ (form.querySelector('input:checked')).focus();
  return new Promise((resolve) => on(dialog('act'), 'close', () => resolve(result), { once: true }));
}

/** Something has changed: where the dialog is about it, it says so. @param {Change} change */
export function noteChange(change) {
  if (!dialog('act').open || consent?.id !== change.consent.id || change.consent.version <= consent.version) return;
  consent = change.consent;
  changedAt = performance.now();
  drawAbout();
  byId('act-change').textContent = t('csr.act-changed', { who: whoText(change.actor), status: statusName(change.type).toLocaleLowerCase() });
}

function drawAbout() {
  const about = /** @type {Consent} */ (consent);
  byId('act-about').textContent = t('csr.act-about', { what: whatText(about), customer: customerName, status: statusName(about.status) });
}

/** A grant binds the text that was read out; a revocation needs none. */
function drawAction() {
  byId('act-notice').hidden = !isGrant();
  drawSubmit();
}

const isGrant = () => actions.value === 'grant';

function drawSubmit() {
  submit.textContent = t(isGrant() ? 'csr.act-do-grant' : 'csr.act-do-revoke');
  submit.setAttribute('aria-disabled', String(isGrant() && !reading.shown));
}

/** @param {string} text */
function showProblem(text) {
  byId('act-problem').textContent = text;
  if (text) byId('act-problem').scrollIntoView({ block: 'nearest' });
}

/** @param {SubmitEvent} event */
async function act(event) {
  event.preventDefault();
  if (performance.now() - changedAt < SEEN_MS) return showProblem(t('csr.act-wait'));
  if (isGrant() && !reading.shown) {
    reading.refresh();
    return showProblem(t(reading.isClosed ? 'csr.act-closed' : 'csr.act-no-text'));
  }
  const reason = readReason();
  if (!reason) return showProblem('');
  const { id, version } = /** @type {Consent} */ (consent);
  if (!isGrant()) return decide(`/consents/${id}/revoke`, { reason });
  const notice = /** @type {import('../shared/notices.js').NoticeId} */ (reading.shown);
  await decide(`/consents/${id}/grant`, { notice_version: notice.version, language: notice.language, reason }, version);
}

/** @param {string} path @param {object} body @param {number} [version] that the consent must still have */
async function decide(path, body, version) {
  const request = `${path} ${version} ${JSON.stringify(body)}`;
  if (request !== lastRequest) [lastRequest, key] = [request, newKey()];
  submit.disabled = true;
  showProblem('');
  try {
    const { data } = await post(path, body, { key, match: version });
    result = data.consent;
    dialog('act').close();
    if (data.event) toast({ kind: 'success', text: t('csr.act-done'), own: true });
    else toast({ kind: 'info', text: t('csr.act-nothing'), own: true });
  } catch (error) {
    await explain(/** @type {import('../shared/api.js').ApiError} */ (error));
  } finally {
    submit.disabled = false;
  }
}

/** @param {import('../shared/api.js').ApiError} error */
async function explain(error) {
  if (error.code === 'stale') return showStale();
  if (error.code === 'notice-superseded') {
    await reading.refresh();
    return showProblem(t('csr.act-superseded'));
  }
  if (error.code === 'not-offered') {
    await reading.refresh();
    return showProblem(t('csr.act-closed'));
  }
  const unknown = error.status === 0 || error.code === 'outcome-unknown';
  showProblem(unknown ? t('csr.act-unknown') : problemText(error));
}

/** It was changed, and the feed has not said so yet. */
async function showStale() {
  try {
    const { data } = await get(`/consents/${consent?.id}/history`);
    noteChange(data.events.at(-1).data);
    changedAt = -Infinity; // it was looked for: nothing has come between
    showProblem(t('csr.act-stale'));
  } catch (error) {
    showProblem(problemText(error));
  }
}

on(form, 'submit', act);
for (const radio of form.querySelectorAll('input[type="radio"]')) on(radio, 'change', drawAction);
