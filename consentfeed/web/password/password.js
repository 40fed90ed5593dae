// Choosing a password by a link: its token stands behind the #, and is sent once a password is typed.

import { ApiError, post } from '../shared/api.js';
import { byId, on } from '../shared/dom.js';
import { checkFields, submitForm } from '../shared/forms.js';
import { showOperator } from '../shared/operator.js';
import { SHORTEST, againProblem, newPasswordProblem } from '../shared/passwords.js';
import { pageReady } from '../shared/ready.js';
import { loadTexts, t, translate } from '../shared/text.js';

await loadTexts();
translate(document);
showOperator();

const form = /** @type {HTMLFormElement} */ (byId('form'));
const [password, again] = ['password', 'again'].map((id) => /** @type {HTMLInputElement} */ (byId(id)));
const token = location.hash.slice(1);

on(form, 'submit', (event) => {
  event.preventDefault();
  submitForm(form, choose);
});
byId('password-hint').textContent = t('password.hint', { count: SHORTEST });
on(window, 'hashchange', () => location.reload()); // another link
if (token) open();
else end('password.no-link');
pageReady();

function open() {
  byId('state').textContent = t('password.lead');
  form.hidden = false;
  password.focus();
}

async function choose() {
  checkFields({ password: () => newPasswordProblem(password.value), again: () => againProblem(again.value, password.value) });
  try {
    await post('/auth/password-link', { token, password: password.value }, { anybody: true });
    end('password.done');
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'link-gone') throw error;
    end('password.gone');
  }
}

/** Nothing is left to do here. @param {string} key of the text that says so */
function end(key) {
  history.replaceState(null, '', location.pathname); // the link is worth nothing any more
  form.reset();
  form.hidden = true;
  byId('state').textContent = t(key);
  byId('on').hidden = false;
  byId('title').focus();
}
