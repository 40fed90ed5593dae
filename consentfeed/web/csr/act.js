// Acting on a customer's behalf: granting or revoking one consent, or revoking several under one reason. While the dialog is open it
// follows the feed: what it says of a consent is so, or it says what happened.

import { get } from '../shared/api.js';
import { dialog } from '../shared/dialogs.js';
import { byId, on } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { around, t } from '../shared/text.js';
import { sendOne, sendRevocations } from './decision.js';
import { grantName } from './line.js';
import { Reading } from './reading.js';
import { drawReason, keepReason, readReason } from './reason.js';
import { Selection } from './selection.js';
import { customerText, isSelf, statusName, whatNode, whatText, whoText } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {import('./list.js').Customer} Customer */
/** @typedef {import('./activity.js').Change} Change */
/** several: of which some are revoked. @typedef {{action: 'grant' | 'revoke', consents: Consent[], several: boolean, who: Customer}} Question */
/** before: as it was shown; changed: whether it is another one since. @typedef {{consent: Consent, before: Consent, changed: boolean}} Result */

// So long a change has to be on the screen before it counts as seen.
const SEEN_MS = 700;

const form = /** @type {HTMLFormElement} */ (byId('act-form'));
const submit = /** @type {HTMLButtonElement} */ (byId('act-submit'));
const reading = new Reading(drawSubmit);
const selection = new Selection(drawSubmit);

/** @type {Question} */
let question;
/** As they are shown. @type {Map<string, Consent>} */
let consents = new Map();
/** What was decided. @type {Result[]} */
let results = [];
let changedAt = -Infinity;

/** Asks, and does it; what the consents are then, none where nothing was done. @param {Question} asked @returns {Promise<Result[]>} */
export function actOn(asked) {
  [question, results, changedAt] = [asked, [], -Infinity];
  consents = new Map(asked.consents.map((consent) => [consent.id, consent]));
  form.reset();
  drawReason(asked.who.id);
  selection.open(asked.several ? asked.consents : []);
  byId('act-change').textContent = '';
  showProblem('');
  byId('act-notice').hidden = !isGrant();
  if (isGrant()) reading.open(asked.consents[0].purpose, asked.who.language ?? '');
  drawAbout();
  drawSubmit();
  dialog('act').showModal();
  byId('act-code').focus();
  return new Promise((resolve) => on(dialog('act'), 'close', () => (keepReason(asked.who.id), resolve(results)), { once: true }));
}

/** Something has changed: where the dialog is about it, it says so. @param {Change} change */
export function noteChange({ consent, actor, type }) {
  const shown = consents.get(consent.id);
  if (!dialog('act').open || !shown || consent.version <= shown.version) return;
  consents.set(consent.id, consent);
  selection.take(consent);
  drawAbout();
  if (isSelf(actor) && submit.disabled) return; // what is being saved comes by the feed, too
  changedAt = performance.now();
  const key = question.several ? 'csr.act-changed-one' : 'csr.act-changed';
  byId('act-change').textContent = t(key, { what: whatText(consent), who: whoText(actor), status: statusName(type).toLocaleLowerCase() });
  noteEnd();
}

/** Nothing is left to revoke, whoever did it: also by a request that was not answered. */
function noteEnd() {
  if (!question.several || !selection.isDone) return;
  showProblem('');
  byId('act-change').textContent = t('csr.act-all-revoked');
}

const isGrant = () => question.action === 'grant';

/** As the button on the line was called. */
const actionName = () => (isGrant() ? grantName(question.consents[0]) : question.action);

const first = () => /** @type {Consent} */ (consents.values().next().value);

function drawAbout() {
  const customer = customerText(question.who);
  if (question.several) {
    byId('act-title').textContent = t('csr.act-title-several');
    byId('act-about').textContent = customer;
    return;
  }
  const what = whatNode(first());
  what.translate = false;
  byId('act-title').replaceChildren(...around(`csr.act-title-${actionName()}`, 'what', what));
  byId('act-about').textContent = t('csr.act-about', { customer, status: statusName(first().status) });
}

function drawSubmit() {
  if (!consents.size) return; // nothing was asked yet
  const { ids } = selection;
  submit.textContent = question.several ? t('csr.act-do-several', { count: ids.length }) : t(`csr.act-do-${actionName()}`);
  submit.setAttribute('aria-disabled', String((isGrant() && !reading.shown) || (question.several && !ids.length)));
}

/** @param {string} text */
function showProblem(text) {
  byId('act-problem').textContent = text;
}

/** @param {SubmitEvent} event */
async function act(event) {
  event.preventDefault();
  if (submit.disabled) return;
  if (performance.now() - changedAt < SEEN_MS) return showProblem(t('csr.act-wait'));
  if (isGrant() && !reading.shown) {
    reading.refresh();
    return showProblem(t(reading.isClosed ? 'csr.act-closed' : 'csr.act-no-text'));
  }
  if (question.several && !selection.ids.length) return showProblem(t('csr.act-none'));
  const reason = readReason();
  showProblem('');
  if (!reason) return;
  submit.disabled = true;
  try {
    await (question.several ? revokeSeveral(reason) : decideOne(reason));
  } catch (error) {
    await explain(/** @type {import('../shared/api.js').ApiError} */ (error));
  } finally {
    submit.disabled = false;
  }
}

/** @param {import('./reason.js').Reason} reason */
async function decideOne(reason) {
  results = [await sendOne(actionName(), first(), reason, reading.shown)];
  dialog('act').close();
}

/** Those that could not be revoked stay, and say why. @param {import('./reason.js').Reason} reason */
async function revokeSeveral(reason) {
  const chosen = selection.ids.map((id) => /** @type {Consent} */ (consents.get(id)));
  const outcomes = await sendRevocations(chosen, reason);
  outcomes.forEach((outcome, index) => {
    if ('problem' in outcome) return selection.complain(chosen[index].id, problemText(outcome.problem));
    results.push(outcome);
    noteOwn(outcome.consent);
  });
  const failed = outcomes.filter((outcome) => 'problem' in outcome).length;
  if (failed) showProblem(t('csr.act-some', { count: failed }));
  else dialog('act').close();
}

/** @param {Consent} consent */
function noteOwn(consent) {
  if (consent.version > (consents.get(consent.id)?.version ?? 0)) consents.set(consent.id, consent);
  selection.take(consent);
}

/** @param {import('../shared/api.js').ApiError} error */
async function explain(error) {
  if (error.code === 'stale') return showStale();
  if (error.code === 'notice-superseded' || error.code === 'not-offered') {
    await reading.refresh();
    return showProblem(t(error.code === 'not-offered' ? 'csr.act-closed' : 'csr.act-superseded'));
  }
  const unknown = error.status === 0 || error.code === 'outcome-unknown';
  showProblem(unknown ? t('csr.act-unknown') : problemText(error));
  noteEnd();
}

/** It was changed, and the feed has not said so yet. */
async function showStale() {
  try {
    const { data } = await get(`/consents/${first().id}/history`);
    noteChange(data.events.at(-1).data);
    changedAt = -Infinity; // it was looked for: nothing has come between
    showProblem(t('csr.act-stale'));
  } catch (error) {
    showProblem(problemText(error));
  }
}

on(form, 'submit', act);
