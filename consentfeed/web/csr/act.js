// Acting on a customer's behalf: what the customer wants, what was read out, why, and where that is filed.

import { newKey, post } from '../shared/api.js';
import { dialog } from '../shared/dialogs.js';
import { byId, element, on } from '../shared/dom.js';
import { readNotice } from '../shared/notices.js';
import { problemText } from '../shared/problems.js';
import { language, languageName, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { loadPurposes, purpose, reasonText, statusName, whatText } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */

const CODES = ['phone-call', 'shop-visit', 'shop-form', 'chat', 'letter', 'email', 'paper-archive'];
const OWN = 'own';

const form = /** @type {HTMLFormElement} */ (byId('act-form'));
const [code, languages] = ['act-code', 'act-language'].map((id) => /** @type {HTMLSelectElement} */ (byId(id)));
const [own, reference, note] = ['act-own', 'act-reference', 'act-note'].map((id) => /** @type {HTMLInputElement} */ (byId(id)));
const submit = /** @type {HTMLButtonElement} */ (byId('act-submit'));
const actions = /** @type {RadioNodeList} */ (form.elements.namedItem('action'));

/** @type {Consent | null} */
let consent = null;
/** After the decision. @type {Consent | null} */
let result = null;
// The same request again, after no answer came, must not be done twice; another one needs another key.
let key = '';
let lastRequest = '';

/** Asks, and does it; what the consent is then, or null where nothing was done.
 * @param {Consent} about @param {string} customer @returns {Promise<Consent | null>} */
export function actOn(about, customer) {
  [consent, result, lastRequest] = [about, null, ''];
  form.reset();
  byId('act-about').textContent = t('csr.act-about', { what: whatText(about), customer, status: statusName(about.status) });
  actions.value = about.status === 'granted' ? 'revoke' : 'grant';
  drawCodes();
  drawLanguages();
  drawAction();
  showProblem('');
  dialog('act').showModal();
  /** @type {HTMLElement} */ (form.querySelector('input:checked')).focus();
  return new Promise((resolve) => on(dialog('act'), 'close', () => resolve(result), { once: true }));
}

/** @param {HTMLSelectElement} select @param {[string, string][]} options value and text */
function drawOptions(select, options) {
  select.replaceChildren(...options.map(([value, text]) => Object.assign(element('option', '', text), { value })));
}

function drawCodes() {
  const usual = CODES.map((one) => /** @type {[string, string]} */ ([one, reasonText(one)]));
  drawOptions(code, [['', t('csr.reason-choose')], ...usual, [OWN, t('csr.reason-other')]]);
  byId('act-own-field').hidden = true;
}

function drawLanguages() {
  const offered = purpose(consent?.purpose ?? '')?.languages ?? [];
  drawOptions(languages, offered.map((one) => [one, languageName(one)]));
  languages.value = offered.includes(language()) ? language() : (offered[0] ?? '');
}

/** A grant binds the text that was read out; a revocation needs none. */
async function drawAction() {
  const grants = actions.value === 'grant';
  submit.textContent = t(grants ? 'csr.act-do-grant' : 'csr.act-do-revoke');
  byId('act-notice').hidden = !grants;
  const notice = grants ? noticeToRead() : null;
  const text = byId('act-text');
  text.textContent = notice ? '…' : t('csr.act-no-notice');
  if (!notice) return;
  const content = await readNotice(notice).then((one) => one.text, problemText);
  if (notice.language !== languages.value) return;
  text.lang = notice.language;
  text.textContent = content;
}

/** The text in force, in the language that is chosen. */
function noticeToRead() {
  const version = purpose(consent?.purpose ?? '')?.notice_version;
  return version && languages.value ? { key: consent?.purpose ?? '', version, language: languages.value } : null;
}

/** @param {string} text @param {HTMLElement} [at] */
function showProblem(text, at) {
  byId('act-problem').textContent = text;
  for (const input of [code, own]) input.setAttribute('aria-invalid', String(input === at));
  at?.focus();
}

/** @param {SubmitEvent} event */
async function act(event) {
  event.preventDefault();
  const reasonCode = code.value === OWN ? own.value.trim() : code.value;
  if (!code.value) return showProblem(t('csr.reason-missing'), code);
  if (!/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/.test(reasonCode)) return showProblem(t('csr.reason-own-hint'), own);
  const notice = actions.value === 'grant' ? noticeToRead() : null;
  const body = { ...(notice && { notice_version: notice.version, language: notice.language }), reason: reason(reasonCode) };
  await decide(`/consents/${consent?.id}/${actions.value}`, body);
}

/** @param {string} reasonCode */
function reason(reasonCode) {
  const [where, text] = [reference.value.trim(), note.value.trim()];
  return { code: reasonCode, ...(where && { reference: where }), ...(text && { text }) };
}

/** @param {string} path @param {object} body */
async function decide(path, body) {
  const request = path + JSON.stringify(body);
  if (request !== lastRequest) [lastRequest, key] = [request, newKey()];
  submit.disabled = true;
  showProblem('');
  try {
    const { data } = await post(path, body, { key });
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
  if (error.code === 'notice-superseded') {
    await loadPurposes().catch(() => {});
    drawLanguages();
    drawAction();
    return showProblem(t('csr.act-superseded'));
  }
  showProblem(error.code === 'offline' || error.code === 'outcome-unknown' ? t('csr.act-unknown') : problemText(error));
}

on(form, 'submit', act);
on(code, 'change', () => (byId('act-own-field').hidden = code.value !== OWN));
on(languages, 'change', drawAction);
for (const radio of form.querySelectorAll('input[type="radio"]')) on(radio, 'change', drawAction);
