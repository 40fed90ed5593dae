// Accounts: finding them, and who may sign in.

import { get, parameters } from '../shared/api.js';
import { byId, fill, nameButton, on, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { accountWriter } from './account-writer.js';
import { askAccount, askChange } from './account.js';
import { confirm } from './confirm.js';
import { askPassword } from './password.js';

/** @typedef {{id: string, email: string, name: string | null, role: string, issuer: string | null, created_at: string,
 *   last_sign_in_at: string | null, disabled_at: string | null, tag: string}} Account */

const PAGE = 100;
const PAUSE = 250;

/** @param {string} own id of whoever is signed in @returns {import('./admin.js').Section} */
export function usersSection(own) {
  const search = /** @type {HTMLInputElement} */ (byId('users-q'));
  const query = () => search.value.trim();
  /** @type {List<Account>} */
  const list = new List(byId('users'), {
    read: async (cursor) => {
      const { data } = await get(`/users?${parameters({ q: query(), limit: PAGE, cursor })}`);
      return { items: data.users, next: data.next };
    },
    key: (account) => account.id,
    row: 'user-row',
    draw: (row, account) => drawAccount(row, account, account.id === own),
    empty: () => (query() ? t('users.none-found', { q: query() }) : t('users.empty')),
  });

  let pause = 0;
  on(search, 'input', () => {
    clearTimeout(pause);
    pause = window.setTimeout(() => list.refresh(), PAUSE);
  });
  on(byId('users-add'), 'click', () =>
    askAccount((account) => {
      toast({ kind: 'success', text: t('users.added', { email: account.email }) });
      search.value = '';
      list.refresh();
    }),
  );
  on(list.body, 'click', (event) => {
    const account = list.find(event.target.closest('[data-key]')?.dataset.key);
    const act = event.target.closest('[data-act]')?.dataset.act;
    if (account && act) acts[/** @type {keyof typeof acts} */ (act)](account);
  });

  /** @param {Account} account @param {string} key of the text about it */
  const tell = (account, key) => toast({ kind: 'success', text: t(key, { email: account.email, role: t(`role.${account.role}`) }) });
  /** @param {Account} account @param {'disable' | 'enable'} act */
  const askOnOff = (account, act) => {
    const writer = accountWriter(account, (now) => list.replace(now));
    confirm({
      title: t(`users.${act}-title`, { email: account.email }),
      text: [t(`users.${act}-text`)],
      action: t(`users.${act}`),
      danger: act === 'disable',
      run: async () => {
        await writer.write(act);
        tell(writer.account, `users.${act}d`);
      },
    });
  };
  const acts = {
    /** @param {Account} account */
    role: (account) => askChange(account, (now) => list.replace(now), (now, byRole) => tell(now, byRole ? 'users.changed' : 'users.renamed')),
    password: askPassword,
    /** @param {Account} account */
    disable: (account) => askOnOff(account, 'disable'),
    /** @param {Account} account */
    enable: (account) => askOnOff(account, 'enable'),
  };
  const refresh = () => void list.refresh();
  return { open: refresh, refresh };
}

/** @param {HTMLElement} row @param {Account} account @param {boolean} own */
function drawAccount(row, account, own) {
  const off = account.disabled_at !== null;
  row.classList.toggle('off', off);
  slot(row, 'state').dataset.mark = off ? 'off' : 'good';
  fill(row, {
    email: account.email,
    role: t(`role.${account.role}`),
    state: t(off ? 'users.is-disabled' : 'users.is-active'),
    disabled: account.disabled_at ? timeNode(account.disabled_at) : null,
    'signed-in': account.last_sign_in_at ? timeNode(account.last_sign_in_at) : t('users.never'),
    created: timeNode(account.created_at),
    name: account.name,
  });
  slot(row, 'you').hidden = !own;
  slot(row, 'own').hidden = !own;
  slot(row, 'issuer').textContent = account.issuer ? t('users.outside', { issuer: account.issuer }) : '';
  slot(row, 'change').hidden = own || account.role === 'customer' || account.issuer !== null;
  nameButton(slot(row, 'change'), t('users.change'), account.email);
  slot(row, 'password').hidden = own || off || account.issuer !== null;
  nameButton(slot(row, 'password'), t('users.password'), account.email);
  const toggle = slot(row, 'toggle');
  toggle.hidden = own;
  toggle.dataset.act = off ? 'enable' : 'disable';
  nameButton(toggle, t(off ? 'users.enable' : 'users.disable'), account.email);
}
