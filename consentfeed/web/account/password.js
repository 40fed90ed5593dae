// The form by which one changes one's own password; where another service keeps it, it is said instead.

import { ApiError, get, post } from '../shared/api.js';
import { byId, on } from '../shared/dom.js';
import { checkFields, submitForm } from '../shared/forms.js';
import { partFailed, partRead } from '../shared/parts.js';
import { SHORTEST, againProblem, newPasswordProblem } from '../shared/passwords.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';

const RETRY_SECONDS = 5;

/** @param {string} email for a browser that keeps passwords @param {() => void} onChange called when other sessions have ended */
export function passwordForm(email, onChange) {
  const form = /** @type {HTMLFormElement} */ (byId('password'));
  const value = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value;
  /** @type {HTMLInputElement} */ (byId('username')).value = email;
  byId('password-new-hint').textContent = t('password.hint', { count: SHORTEST });
  on(form, 'submit', async (event) => {
    event.preventDefault();
    if (!(await submitForm(form, change))) return;
    form.reset();
    toast({ kind: 'success', text: t('password.changed'), own: true });
    onChange();
  });
  showForm(form);

  async function change() {
    checkFields({
      old: () => (value('old') ? '' : t('signin.no-password')),
      new: () => newPasswordProblem(value('new')),
      again: () => againProblem(value('again'), value('new')),
    });
    await post('/auth/password', { old: value('old'), new: value('new') });
  }
}

/** Where passwords are kept here. @param {HTMLFormElement} form */
async function showForm(form) {
  try {
    const { password } = (await get('/auth/ways')).data;
    form.hidden = !password;
    byId('elsewhere').hidden = password;
    partRead(form);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    partFailed(form, () => showForm(form));
    setTimeout(() => showForm(form), 1000 * (error.retryAfter ?? RETRY_SECONDS));
  }
}
