// The dialog for the password of an account: a link by which it is chosen, once, or another password.

import { announce } from '../shared/announce.js';
import { post } from '../shared/api.js';
import { byId, fill, slot } from '../shared/dom.js';
import { checkFields, clearProblems, submitForm } from '../shared/forms.js';
import { SHORTEST, newPasswordProblem } from '../shared/passwords.js';
import { t } from '../shared/text.js';
import { momentText } from '../shared/time.js';
import { toast } from '../shared/toasts.js';

/** @typedef {import('./users.js').Account} Account */

/** @param {Account} account */
export function askPassword(account) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('password'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const password = /** @type {HTMLInputElement} */ (byId('password-new'));
  const isLink = () => new FormData(form).get('way') === 'link';
  form.reset();
  clearProblems(form);
  byId('password-new-hint').textContent = t('password.hint', { count: SHORTEST });
  fill(form, { title: t('users.password-title', { email: account.email }) });
  drawQuestion(form, isLink());
  slot(form, 'ways').onchange = () => drawQuestion(form, isLink());
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (!slot(form, 'link-field').hidden) return copyLink();
    if (!(await submitForm(form, () => (isLink() ? makeLink(form, account) : setPassword(account, password.value))))) return;
    if (!isLink()) dialog.close();
  };
  slot(form, 'cancel').onclick = () => dialog.close();
  // What was shown or typed is for nobody who opens it next.
  dialog.onclose = () => {
    form.reset();
    linkInput().value = '';
  };
  dialog.showModal();
}

const linkInput = () => /** @type {HTMLInputElement} */ (byId('password-link'));

/** @param {HTMLFormElement} form @param {boolean} isLink */
function drawQuestion(form, isLink) {
  slot(form, 'ways').hidden = false;
  slot(form, 'link-field').hidden = true;
  slot(form, 'password-field').hidden = isLink;
  fill(form, {
    submit: t(isLink ? 'users.make-link' : 'users.set-password'),
    consequence: t(isLink ? 'users.link-text' : 'users.change-text'),
    cancel: t('admin.cancel'),
  });
}

/** @param {HTMLFormElement} form @param {Account} account */
async function makeLink(form, { id }) {
  const { url, expires_at } = (await post(`/users/${id}/password-link`)).data;
  linkInput().value = url;
  slot(form, 'ways').hidden = true;
  slot(form, 'link-field').hidden = false;
  fill(form, { submit: t('users.copy-link'), consequence: '', cancel: t('close'), 'link-hint': t('users.link-once', { until: momentText(expires_at) }) });
  linkInput().select();
}

/** Within the dialog: toasts lie behind it. @param {string} text */
function say(text) {
  fill(byId('password'), { consequence: text });
  announce(text);
}

async function copyLink() {
  linkInput().select();
  try {
    await navigator.clipboard.writeText(linkInput().value);
    say(t('users.link-copied'));
  } catch {
    say(t('users.link-selected'));
  }
}

/** @param {Account} account @param {string} password */
async function setPassword({ id, email }, password) {
  checkFields({ password: () => newPasswordProblem(password) });
  await post(`/users/${id}/password`, { password });
  toast({ kind: 'success', text: t('users.password-set', { email }) });
}
