// The dialog in which one signs in again, over a page that it hides.

import { get, post } from './api.js';
import { element, on } from './dom.js';
import { problemText } from './problems.js';
import { hasText, t } from './text.js';

/** @typedef {{password: boolean, single_sign_on: {title: string} | null}} Ways */
/** onSignIn: with the id of who has signed in. @typedef {{onSignIn: (id: string) => void, onLeave: () => void}} Handlers */

/** Opens it. @param {string} email whose session has ended @param {string} why ended, expired or '' @param {Handlers} handlers
 * @returns {() => void} closes it */
export function openSessionBox(email, why, { onSignIn, onLeave }) {
  const box = /** @type {HTMLDialogElement} */ (element('dialog', 'session-box'));
  const title = element('h2', '', t('session.title'));
  title.id = 'session-title';
  box.setAttribute('aria-labelledby', title.id);
  const inside = element('div', 'stack');
  const ways = getWays();
  const reason = hasText(`signin.problem-session-${why}`) ? [element('p', '', t(`signin.problem-session-${why}`))] : [];
  inside.append(title, ...reason, element('p', '', t('session.text')), form(email, ways, onSignIn), sso(ways), leaveButton(onLeave));
  box.append(inside);
  document.body.append(box);
  on(box, 'cancel', (event) => event.preventDefault());
  const onClose = () => box.showModal(); // a browser may close it all the same
  on(box, 'close', onClose);
  box.showModal();
  return () => {
    box.removeEventListener('close', onClose);
    box.close();
    box.remove();
  };
}

/** @param {string} email @param {Promise<Ways>} ways @param {(id: string) => void} onSignIn */
function form(email, ways, onSignIn) {
  const node = /** @type {HTMLFormElement} */ (element('form', 'stack'));
  node.noValidate = true;
  const who = input('session-email', 'email', 'username', email);
  who.readOnly = true;
  const password = input('session-password', 'password', 'current-password', '');
  password.autofocus = true;
  const problem = element('p', 'problem');
  problem.id = 'session-problem';
  problem.setAttribute('role', 'alert');
  password.setAttribute('aria-describedby', problem.id);
  const submit = /** @type {HTMLButtonElement} */ (element('button', 'button', t('signin.submit')));
  submit.dataset.kind = 'primary';
  node.append(field(who, t('signin.email')), field(password, t('signin.password')), problem, submit);
  on(node, 'submit', async (event) => {
    event.preventDefault();
    problem.textContent = '';
    submit.disabled = true;
    try {
      onSignIn((await post('/auth/login', { email, password: password.value }, { anybody: true })).data.user.id);
    } catch (error) {
      problem.textContent = /** @type {any} */ (error).code === 'wrong-password' ? t('session.wrong') : problemText(error);
      password.select();
    }
    submit.disabled = false;
  });
  ways.then(({ password: isOffered }) => (node.hidden = !isOffered));
  return node;
}

/** @param {string} id @param {string} type @param {any} autocomplete @param {string} value */
function input(id, type, autocomplete, value) {
  const node = /** @type {HTMLInputElement} */ (element('input', 'input'));
  return Object.assign(node, { id, type, autocomplete, value });
}

/** @param {HTMLInputElement} control @param {string} text */
function field(control, text) {
  const [node, label] = [element('div', 'field'), /** @type {HTMLLabelElement} */ (element('label', '', text))];
  label.htmlFor = control.id;
  node.append(label, control);
  return node;
}

/** In a tab of its own: this one waits. @param {Promise<Ways>} ways */
function sso(ways) {
  const link = /** @type {HTMLAnchorElement} */ (element('a', 'button'));
  Object.assign(link, { href: '/api/v1/auth/sso', target: '_blank', hidden: true });
  ways.then(({ single_sign_on: provider }) => {
    link.hidden = !provider;
    if (provider) link.textContent = t('session.sso', { title: provider.title });
  });
  return link;
}

/** @param {() => void} onLeave */
function leaveButton(onLeave) {
  const node = /** @type {HTMLButtonElement} */ (element('button', 'link', t('session.leave')));
  node.type = 'button';
  on(node, 'click', onLeave);
  return node;
}

/** What is offered here; where that cannot be read, the password. @returns {Promise<Ways>} */
const getWays = () => get('/auth/ways', { anybody: true }).then(({ data }) => data, () => ({ password: true, single_sign_on: null }));
