// Changing how a customer wants to be contacted, on their behalf. What a colleague changes meanwhile is shown, not written over.

import { ApiError, get, put } from '../shared/api.js';
import { dialog } from '../shared/dialogs.js';
import { byId, element, on } from '../shared/dom.js';
import { languageText, pauseText, quietText } from '../shared/contact-preferences.js';
import { FieldProblem, PageProblem, clearProblems, submitForm } from '../shared/forms.js';
import { languageName, languages, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { fillReasons } from './words.js';

/** @typedef {import('../shared/contact-preferences.js').Preferences} Preferences */

const form = /** @type {HTMLFormElement} */ (byId('contact-form'));
const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));

let customer = '';
/** As it was shown. @type {Preferences} */
let shown;
/** @type {Preferences | null} */
let answer = null;

/** Asks, and saves; null where nothing was. @param {string} id of the customer @param {Preferences} preferences
 * @returns {Promise<Preferences | null>} */
export function askContact(id, preferences) {
  [customer, shown, answer] = [id, preferences, null];
  form.reset();
  clearProblems(form);
  byId('contact-changed').textContent = '';
  const codes = [...new Set([...Object.keys(languages), preferences.language])];
  input('language').replaceChildren(...codes.map((code) => Object.assign(element('option', '', languageName(code)), { value: code })));
  input('language').value = preferences.language;
  [input('from').value, input('to').value] = [preferences.quiet_hours?.from ?? '', preferences.quiet_hours?.to ?? ''];
  input('pause').value = preferences.paused_until ? local(preferences.paused_until) : '';
  fillReasons(/** @type {any} */ (input('code')));
  dialog('contact').showModal();
  input('language').focus();
  return new Promise((resolve) => on(dialog('contact'), 'close', () => resolve(answer), { once: true }));
}

/** They are others now: where the dialog is open, it says so. @param {string} id of the customer @param {Preferences} preferences */
export function noteContact(id, preferences) {
  if (!dialog('contact').open || id !== customer || preferences.version <= shown.version || isSaving()) return;
  showChange(preferences);
}

const isSaving = () => form.querySelector('[type=submit]')?.getAttribute('aria-disabled') === 'true';

/** @param {Preferences} preferences */
function showChange(preferences) {
  shown = preferences;
  const now = [languageText, quietText, pauseText].map((text) => text(preferences)).join(' ');
  byId('contact-changed').textContent = t('csr.contact-changed', { now });
}

async function save() {
  const [from, to, code, until] = ['from', 'to', 'code', 'pause'].map((name) => input(name).value);
  if (Boolean(from) !== Boolean(to)) throw new FieldProblem(from ? 'to' : 'from', t('contact.half'));
  if (from && from === to) throw new FieldProblem('to', t('contact.same'));
  if (!code) throw new FieldProblem('code', t('csr.reason-missing'));
  const zone = shown.quiet_hours?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
  const wanted = { language: input('language').value, quiet_hours: from ? { from, to, zone } : null, paused_until: until ? new Date(until).toISOString() : null };
  const reference = input('reference').value.trim();
  try {
    answer = (await put(`/customers/${customer}/contact-preferences`, { ...wanted, reason: { code, ...(reference && { reference }) } }, { match: shown.version })).data;
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'stale') throw error;
    showChange((await get(`/customers/${customer}/contact-preferences`)).data);
    throw new PageProblem(t('csr.request-stale'));
  }
  toast({ kind: 'success', text: t('csr.contact-saved'), own: true });
}

/** As <input type="datetime-local"> has it. @param {string} iso */
function local(iso) {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

on(form, 'submit', async (event) => {
  event.preventDefault();
  if (await submitForm(form, save)) dialog('contact').close();
});
