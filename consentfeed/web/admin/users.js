// Accounts: finding them, and who may sign in.

import { get, parameters, post } from '../shared/api.js';
import { byId, fill, nameButton, on, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { askAccount, askRole } from './account.js';
import { confirm } from './forms.js';

/** @typedef {{id: string, email: string, role: string, issuer: string | null, created_at: string,
 *   disabled_at: string | null}} Account */

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
  const showChange = (account, key) => {
    list.replace(account);
    toast({ kind: 'success', text: t(key, { email: account.email, role: t(`role.${account.role}`) }) });
  };
  const acts = {
    /** @param {Account} account */
    role: (account) => askRole(account, (now) => showChange(now, 'users.changed')),
    /** @param {Account} account */
    disable: (account) =>
      confirm({
        title: t('users.disable-title', { email: account.email }),
        text: [t('users.disable-text')],
        action: t('users.disable'),
        danger: true,
        run: async () => showChange((await post(`/users/${account.id}/disable`)).data, 'users.disabled'),
      }),
    /** @param {Account} account */
    enable: (account) =>
      confirm({
        title: t('users.enable-title', { email: account.email }),
        text: [t('users.enable-text')],
        action: t('users.enable'),
        run: async () => showChange((await post(`/users/${account.id}/enable`)).data, 'users.enabled'),
      }),
  };
  return { open: () => void list.refresh() };
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
    created: timeNode(account.created_at),
  });
  slot(row, 'you').hidden = !own;
  slot(row, 'own').hidden = !own;
  slot(row, 'issuer').textContent = account.issuer ? t('users.outside', { issuer: account.issuer }) : '';
  slot(row, 'change').hidden = own || account.role === 'customer' || account.issuer !== null;
  nameButton(slot(row, 'change'), t('users.change'), account.email);
  const toggle = slot(row, 'toggle');
  toggle.hidden = own;
  toggle.dataset.act = off ? 'enable' : 'disable';
  nameButton(toggle, t(off ? 'users.enable' : 'users.disable'), account.email);
}
