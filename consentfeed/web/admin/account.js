// The dialog for one account: adding it, or giving it another name or role.

import { get, post } from '../shared/api.js';
import { byId, clone, fill, on, slot } from '../shared/dom.js';
import { newPasswordProblem } from '../shared/passwords.js';
import { t } from '../shared/text.js';
import { FieldProblem, checkFields, clearProblems, submitForm } from '../shared/forms.js';

import { accountWriter } from './account-writer.js';

/** @typedef {import('./users.js').Account} Account */

const STAFF = ['csr', 'admin', 'service'];
const parts = () => {
  const dialog = /** @type {HTMLDialogElement} */ (byId('account'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  return { dialog, form, input };
};

/** What was typed for an account that was not added after all is still there; not the password.
 * @param {(account: Account) => void} onAdd */
export function askAccount(onAdd) {
  const { input } = parts();
  input('password').value = '';
  ask({ title: t('users.add'), roles: [...STAFF, 'customer'], role: currentRole() || 'csr', add: true, consequence: '' }, async () => {
    onAdd((await post('/users', await newAccount())).data);
    input('email').value = '';
    input('name').value = '';
    input('customer_id').value = '';
  });
}

/** @param {Account} account @param {(account: Account) => void} onRead called with what it is now, whoever has changed it
 * @param {(account: Account, byRole: boolean) => void} onChange called when it was changed here */
export function askChange(account, onRead, onChange) {
  const { input } = parts();
  const writer = accountWriter(account, onRead);
  const before = { title: t('users.change-title', { email: account.email }), roles: STAFF, role: account.role };
  ask({ ...before, add: false, consequence: t('users.change-text') }, async () => {
    const { role, name } = writer.account;
    const wanted = input('name').value.trim() || null;
    if (currentRole() === role && wanted === name) throw new FieldProblem('name', t('users.same'));
    // The role last: it ends sessions, and a refused name is no reason to.
    if (wanted !== name) await writer.write('name', { name: wanted });
    if (currentRole() !== role) await writer.write('role', { role: currentRole() });
    onChange(writer.account, currentRole() !== role);
  });
  input('name').value = account.name ?? '';
  on(parts().dialog, 'close', () => (input('name').value = ''), { once: true }); // it is no name of an account to be added
}

/** @param {{title: string, roles: string[], role: string, add: boolean, consequence: string}} question @param {() => Promise<void>} run */
function ask({ title, roles, role, add, consequence }, run) {
  const { dialog, form } = parts();
  fill(form, { title, consequence, submit: t(add ? 'users.add' : 'users.change-do') });
  slot(form, 'roles').replaceChildren(...roles.map((name) => roleChoice(name, name === role)));
  slot(form, 'email-field').hidden = !add;
  slot(form, 'password-field').hidden = !add;
  const customer = () => {
    slot(form, 'customer-field').hidden = !add || currentRole() !== 'customer';
    slot(form, 'name-field').hidden = currentRole() === 'customer'; // who has a name already
  };
  slot(form, 'roles').onchange = customer;
  customer();
  clearProblems(form);
  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await submitForm(form, run)) dialog.close();
  };
  slot(form, 'cancel').onclick = () => dialog.close();
  dialog.showModal();
}

/** @param {string} role @param {boolean} checked */
function roleChoice(role, checked) {
  const choice = fill(clone('role-choice'), { name: t(`role.${role}`), hint: t(`role.${role}-may`) });
  const input = /** @type {HTMLInputElement} */ (choice.querySelector('input'));
  input.value = role;
  input.checked = checked;
  return choice;
}

function currentRole() {
  return /** @type {HTMLInputElement | null} */ (parts().form.querySelector('[name=role]:checked'))?.value ?? '';
}

/** The body of the request; throws FieldProblem. */
async function newAccount() {
  const { input } = parts();
  const email = input('email').value.trim();
  const password = input('password').value;
  const role = currentRole();
  checkFields({
    email: () => (/^[^@\s]+@[^@\s]+$/.test(email) ? '' : t('users.no-email')),
    password: () => (password ? newPasswordProblem(password) : ''),
  });
  const customer = role === 'customer' ? await findCustomer(input('customer_id').value.trim() || email) : undefined;
  const name = role === 'customer' ? undefined : input('name').value.trim() || undefined;
  return { email, role, name, password: password || undefined, customer_id: customer };
}

/** Id of the one customer who is meant: whole id, address or number, for a search finds beginnings too. @param {string} q */
async function findCustomer(q) {
  const { data } = await get(`/customers?${new URLSearchParams({ q, limit: '1000' })}`);
  /** @type {{id: string, email: string | null, msisdn: string | null}[]} */
  const all = data.customers;
  const matches = all.filter(({ id, email, msisdn }) => [id, email, msisdn].some((one) => one?.toLowerCase() === q.toLowerCase()));
  if (matches.length === 1) return matches[0].id;
  throw new FieldProblem('customer_id', t(matches.length ? 'users.many-customers' : 'users.no-customer', { q }));
}
