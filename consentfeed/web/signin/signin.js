// Signing in, and on to the page of one's role or the one that was asked for.

import { ApiError, get, post } from '../shared/api.js';
import { byId, element, on } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { hasText, keepLanguage, language, languages, loadTexts, t, translate } from '../shared/text.js';

/** @typedef {{password: boolean, single_sign_on: {title: string} | null}} Ways */

const RETRY_SECONDS = 5;
const PAGES = ['/account', '/admin', '/csr', '/customer'];

const email = /** @type {HTMLInputElement} */ (byId('email'));
const password = /** @type {HTMLInputElement} */ (byId('password'));
const submit = /** @type {HTMLButtonElement} */ (byId('submit'));
const sso = /** @type {HTMLAnchorElement} */ (byId('sso'));
const query = new URLSearchParams(location.search);
// Elsewhere nobody is sent: a link to this page may come from anywhere.
const to = PAGES.find((page) => page === query.get('to'));

/** @param {SubmitEvent} event */
async function signIn(event) {
  event.preventDefault();
  const empty = [email, password].find((input) => !input.value.trim());
  if (empty) return showProblem(t(empty === email ? 'signin.no-email' : 'signin.no-password'), empty);
  submit.disabled = true;
  try {
    const { data } = await post('/auth/login', { email: email.value.trim(), password: password.value }, { anybody: true });
    if (data.user.role !== 'service') return location.replace(to ?? '/'); // the server knows where each role goes
    await post('/auth/logout');
    submit.disabled = false;
    showProblem(t('signin.no-page'), email);
  } catch (error) {
    submit.disabled = false;
    if (error instanceof ApiError && error.code === 'wrong-password') showProblem(t('signin.wrong'), email, password);
    else showProblem(problemText(error), password);
  }
}

/** The last of the wrong ones gets the focus. @param {string} text @param {HTMLInputElement[]} wrong */
function showProblem(text, ...wrong) {
  byId('problem').textContent = text;
  for (const one of [email, password]) one.setAttribute('aria-invalid', String(wrong.includes(one)));
  wrong.at(-1)?.focus();
}

/** Why the identity provider's answer led back here; said once, and not again by a reload. */
function drawProblem() {
  const code = query.get('problem');
  if (code) byId('problem').textContent = t(hasText(`signin.problem-${code}`) ? `signin.problem-${code}` : 'signin.problem');
  if (query.size) history.replaceState(null, '', to ? `/?to=${to}` : '/');
}

/** What is offered here; until that is known, the form. */
async function loadWays() {
  try {
    const { data } = await get('/auth/ways');
    await texts;
    drawWays(data);
    byId('ways-away').textContent = '';
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    await texts;
    byId('ways-away').textContent = t('signin.ways-away');
    setTimeout(loadWays, 1000 * (error.retryAfter ?? RETRY_SECONDS));
  }
}

/** @param {Ways} ways */
function drawWays(ways) {
  const provider = ways.single_sign_on;
  byId('form').hidden = !ways.password;
  byId('or').hidden = !ways.password || !provider;
  sso.hidden = !provider;
  if (provider) {
    sso.textContent = t('signin.sso', { title: provider.title });
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
loadWays(); // at once: where there are no passwords, the form should not be seen first
await texts;
translate(document);
drawLanguages();
drawProblem();
on(byId('form'), 'submit', signIn);
submit.disabled = false; // not before: the browser itself would send the form, and leave the page
