// Signing in, and on to the page of one's role or the one that was asked for.

import { ApiError, get, post } from '../shared/api.js';
import { byId, element, on } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { hasText, keepLanguage, language, languages, loadTexts, t, translate } from '../shared/text.js';

/** @typedef {{password: boolean, single_sign_on: {title: string} | null}} Ways */

const AGAIN = 5;
const PAGES = ['/account', '/admin', '/csr', '/customer'];

const email = /** @type {HTMLInputElement} */ (byId('email'));
const password = /** @type {HTMLInputElement} */ (byId('password'));
const submit = /** @type {HTMLButtonElement} */ (byId('submit'));
const sso = /** @type {HTMLAnchorElement} */ (byId('sso'));
const asked = new URLSearchParams(location.search);
// Elsewhere nobody is sent: a link to this page may come from anywhere.
const to = PAGES.find((page) => page === asked.get('to'));

/** @param {SubmitEvent} event */
async function signIn(event) {
  event.preventDefault();
  const empty = [email, password].find((input) => !input.value.trim());
  if (empty) return complain(t(empty === email ? 'signin.no-email' : 'signin.no-password'), empty);
  submit.disabled = true;
  try {
    const { data } = await post('/auth/login', { email: email.value.trim(), password: password.value });
    if (data.user.role !== 'service') return location.replace(to ?? '/'); // the server knows where each role goes
    await post('/auth/logout');
    submit.disabled = false;
    complain(t('signin.no-page'), email);
  } catch (error) {
    submit.disabled = false;
    if (error instanceof ApiError && error.code === 'wrong-password') complain(t('signin.wrong'), email, password);
    else complain(problemText(error), password);
  }
}

/** The last of the wrong ones gets the focus. @param {string} text @param {HTMLInputElement[]} wrong */
function complain(text, ...wrong) {
  byId('problem').textContent = text;
  for (const one of [email, password]) one.setAttribute('aria-invalid', String(wrong.includes(one)));
  wrong.at(-1)?.focus();
}

/** Why the identity provider's answer led back here; said once, and not again by a reload. */
function drawProblem() {
  const code = asked.get('problem');
  if (code) byId('problem').textContent = t(hasText(`signin.problem-${code}`) ? `signin.problem-${code}` : 'signin.problem');
  if (asked.size) history.replaceState(null, '', to ? `/?to=${to}` : '/');
}

/** What is offered here; until that is known, the form. */
async function askWays() {
  try {
    const { data } = await get('/auth/ways');
    await texts;
    drawWays(data);
    byId('ways-away').textContent = '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await texts;
    byId('ways-away').textContent = t('signin.ways-away');
    setTimeout(askWays, 1000 * (error.retryAfter ?? AGAIN));
  }
}

/** @param {Ways} ways */
function drawWays(ways) {
  const outside = ways.single_sign_on;
  byId('form').hidden = !ways.password;
  byId('or').hidden = !ways.password || !outside;
  sso.hidden = !outside;
  if (outside) {
    sso.textContent = t('signin.sso', { title: outside.title });
    if (to) sso.search = `?to=${to}`;
    delete submit.dataset.kind;
  } else if (document.activeElement === document.body) email.focus();
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

const texts = loadTexts();
askWays(); // at once: where there are no passwords, the form should not be seen first
await texts;
translate(document);
drawLanguages();
drawProblem();
on(byId('form'), 'submit', signIn);
submit.disabled = false; // not before: the browser itself would send the form, and leave the page
