// Signing in, and on to the page of one's role.

/** @import { ApiError } from './api.js' */
import { post } from './api.js';
import { byId, element, on } from './dom.js';
import { keepLanguage, language, languages, loadTexts, t, translate } from './text.js';

const email = /** @type {HTMLInputElement} */ (byId('email'));
const password = /** @type {HTMLInputElement} */ (byId('password'));
const submit = /** @type {HTMLButtonElement} */ (byId('submit'));

/** @param {SubmitEvent} event */
async function signIn(event) {
  event.preventDefault();
  const empty = [email, password].find((input) => !input.value.trim());
  if (empty) return complain(t(empty === email ? 'signin.no-email' : 'signin.no-password'), empty);
  submit.disabled = true;
  try {
    const { data } = await post('/auth/login', { email: email.value.trim(), password: password.value });
    if (data.user.role !== 'service') return location.replace('/'); // the server knows where each role goes
    await post('/auth/logout');
    submit.disabled = false;
    complain(t('signin.no-page'), email);
  } catch (error) {
    submit.disabled = false;
    complain(why(/** @type {ApiError} */ (error)), password);
  }
}

/** @param {ApiError} error */
function why(error) {
  if (error.code === 'wrong-password') return t('signin.wrong');
  if (error.status === 429) return t('signin.too-often');
  return error.status === 0 || error.status >= 500 ? t('error.try-again') : error.message;
}

/** @param {string} text @param {HTMLInputElement} input */
function complain(text, input) {
  byId('problem').textContent = text;
  for (const one of [email, password]) one.setAttribute('aria-invalid', String(one === input || text === t('signin.wrong')));
  input.focus();
}

function drawLanguages() {
  for (const [code, name] of Object.entries(languages)) {
    const choice = element('button', 'link', name);
    choice.lang = code;
    if (code === language()) choice.setAttribute('aria-current', 'true');
    on(choice, 'click', () => (keepLanguage(code), location.reload()));
    byId('languages').append(choice);
  }
}

await loadTexts();
translate(document);
drawLanguages();
on(byId('form'), 'submit', signIn);
submit.disabled = false; // not before: the browser itself would send the form, and leave the page
if (document.activeElement === document.body) email.focus();
