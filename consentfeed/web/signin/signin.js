// Signing in, and on to the page of one's role or the one that was asked for.

import { ApiError, get, post } from '../shared/api.js';
import { byId, element, on } from '../shared/dom.js';
import { keepFragment, restoreFragment } from '../shared/fragment.js';
import { showOperator } from '../shared/operator.js';
import { problemText } from '../shared/problems.js';
import { pageReady } from '../shared/ready.js';
import { hasText, keepLanguage, language, languages, loadTexts, t, translate } from '../shared/text.js';

/** @typedef {{password: boolean, password_help: string | null, single_sign_on: {title: string} | null,
 *   demo: {accounts: string[], password: string} | null}} Ways */

const RETRY_SECONDS = 5;
const PAGES = ['/account', '/admin', '/csr', '/customer'];
const EVIDENCE = /^\/evidence\/[0-9a-f-]{36}$/;

const email = /** @type {HTMLInputElement} */ (byId('email'));
const password = /** @type {HTMLInputElement} */ (byId('password'));
const submit = /** @type {HTMLButtonElement} */ (byId('submit'));
const sso = /** @type {HTMLAnchorElement} */ (byId('sso'));
const query = new URLSearchParams(location.search);
// Elsewhere nobody is sent: a link to this page may come from anywhere.
const wanted = query.get('to') ?? '';
const to = PAGES.includes(wanted) || EVIDENCE.test(wanted) ? wanted : undefined;

/** @param {SubmitEvent} event */
async function signIn(event) {
  event.preventDefault();
  const empty = [email, password].filter((input) => !input.value.trim());
  if (empty.length) return showProblem(empty.map((input) => t(input === email ? 'signin.no-email' : 'signin.no-password')).join(' '), ...empty);
  submit.disabled = true;
  try {
    const { data } = await post('/auth/login', { email: email.value.trim(), password: password.value }, { anybody: true });
    if (data.user.role !== 'service') return goOn();
    await post('/auth/logout');
    submit.disabled = false;
    showProblem(t('signin.no-page'), email);
  } catch (error) {
    submit.disabled = false;
    if (error instanceof ApiError && error.code === 'wrong-password') showProblem(t('signin.wrong'), email, password);
    else if (error instanceof ApiError && error.code === 'account-disabled') showProblem(problemText(error), email);
    else showProblem(problemText(error), password);
  }
}

/** To the page that was asked for, else to that of the role, which the server knows. What stands after "#" stays. */
function goOn() {
  if (to) location.replace(to + location.hash);
  else location.reload();
}

/** The first of the wrong ones gets the focus; the password, where it may be either. @param {string} text @param {HTMLInputElement[]} wrong */
function showProblem(text, ...wrong) {
  byId('problem').textContent = text;
  for (const one of [email, password]) one.setAttribute('aria-invalid', String(wrong.includes(one)));
  (wrong.find((one) => !one.value) ?? wrong.at(-1))?.focus();
}

/** Why the identity provider's answer led back here; said once, and not again by a reload. */
function drawProblem() {
  const code = query.get('problem');
  if (code) byId('problem').textContent = t(hasText(`signin.problem-${code}`) ? `signin.problem-${code}` : 'signin.problem');
  if (query.size) history.replaceState(null, '', (to ? `/?to=${to}` : '/') + location.hash);
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
  byId('forgotten').textContent = ways.password_help ?? t('signin.forgotten-text');
  byId('or').hidden = !ways.password || !provider;
  sso.hidden = !provider;
  drawDemo(ways.demo);
  if (provider) {
    sso.textContent = t('signin.sso', { title: provider.title });
    if (to) sso.search = `?to=${to}`;
    delete submit.dataset.kind;
  } else if (document.activeElement === document.body) email.focus();
}

/** The accounts of `consentfeed dev`: each button fills the form in. @param {Ways['demo']} demo */
function drawDemo(demo) {
  byId('demo').hidden = !demo;
  if (!demo) return;
  byId('demo-password').textContent = demo.password;
  byId('demo-accounts').replaceChildren(
    ...demo.accounts.map((account) => {
      const button = /** @type {HTMLButtonElement} */ (element('button', 'link', account));
      button.type = 'button';
      button.translate = false;
      on(button, 'click', () => {
        email.value = account;
        password.value = demo.password;
        submit.focus();
      });
      return button;
    }),
  );
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

restoreFragment();
on(sso, 'click', keepFragment);
const texts = loadTexts();
loadWays(); // at once: where there are no passwords, the form should not be seen first
await texts;
translate(document);
showOperator();
byId('forgotten').textContent ||= t('signin.forgotten-text');
drawLanguages();
drawProblem();
on(byId('form'), 'submit', signIn);
pageReady();
