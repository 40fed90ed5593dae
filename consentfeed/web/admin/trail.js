// The access trail: who was shown which customers' data, and how it was asked for.

import { get, parameters } from '../shared/api.js';
import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { hasText, t } from '../shared/text.js';
import { dateText, setTime, utcText } from '../shared/time.js';
import { findCustomers } from './customers.js';
import { fold } from './folding.js';
import { Picker } from './picker.js';
import { exportTrail } from './trail-export.js';

/** @typedef {{id: number, at: string, actor: {id: string, role: string, email: string | null, name: string | null}, action: string,
 *   customers: string[], filters: Record<string, unknown>, rows: number}} Access */
/** @typedef {import('./folding.js').Fold} Fold */

const PAGE = 100;
const MAX_CHOICES = '8';
const MAX_IDS = 3;
const ACTIONS = [
  'list-consents', 'read-consent', 'read-history', 'repeat-decision', 'list-customers', 'read-customer',
  'register-customer', 'revoke-by-contact', 'read-preferences', 'change-preferences', 'list-rights-requests',
  'read-rights-request', 'change-rights-request', 'read-package', 'check-consents', 'export-consents',
  'import-rows', 'open-stream', 'read-events',
  'list-accounts', 'read-account', 'list-sessions', 'read-trail', 'change-password', 'set-password', 'make-password-link',
  'save-webhook', 'rotate-webhook', 'replay-webhook', 'delete-webhook',
];

/** What customers and accounts are called, as far as it has been read. @type {Map<string, string>} */
const names = new Map();

/** @returns {import('./admin.js').Section} */
export function trailSection() {
  const form = /** @type {HTMLFormElement} */ (byId('trail-filters'));
  const action = /** @type {HTMLSelectElement} */ (byId('trail-action'));
  const [since, until] = ['since', 'until'].map((name) => /** @type {HTMLInputElement} */ (byId(`trail-${name}`)));
  const customer = new Picker('trail-customer', findCustomers, restart);
  const actor = new Picker('trail-actor', findAccounts, restart);
  const filters = () => {
    const values = { customer: customer.value, actor: actor.value, action: action.value, since: instant(since), until: instant(until) };
    return Object.entries(values).filter(([, value]) => value);
  };

  /** @type {List<Fold>} */
  const list = new List(byId('trail'), {
    read: async (cursor) => {
      const { data } = await get(`/accesses?${parameters({ ...Object.fromEntries(filters()), names: 'true', limit: PAGE, cursor })}`);
      for (const [id, name] of Object.entries({ ...data.names, ...data.accounts })) if (name) names.set(id, name);
      return { items: fold(data.accesses), next: data.next };
    },
    key: (access) => String(access.id),
    row: 'trail-row',
    draw: drawAccess,
    empty: () => t(filters().length ? 'trail.none-found' : 'trail.empty'),
  });

  /** The filters are others now: what is shown does not fit them. */
  function restart() {
    byId('trail-clear').hidden = !filters().length;
    list.reset();
    list.refresh();
  }

  for (const name of ACTIONS) action.append(Object.assign(element('option', '', actionText(name)), { value: name }));
  for (const input of [action, since, until]) on(input, 'change', restart);
  on(form, 'submit', (event) => event.preventDefault());
  on(byId('trail-clear'), 'click', () => {
    form.reset();
    customer.clear();
    actor.clear();
    restart();
    byId('trail-customer').focus();
  });
  for (const button of /** @type {NodeListOf<HTMLElement>} */ (form.querySelectorAll('[data-days]'))) {
    on(button, 'click', () => {
      const [first, end] = (button.dataset.days ?? '').split(' ').map(Number);
      [since.value, until.value] = [midnight(first), end ? '' : midnight(0)];
      restart();
    });
  }
  on(byId('trail-csv'), 'click', () => exportTrail(Object.fromEntries(filters())));
  on(window, 'beforeprint', () => {
    const text = filtersText(Object.fromEntries(filters()));
    byId('trail-printed').textContent = [dateText(new Date()), text].filter(Boolean).join(' · ');
  });
  const refresh = () => void list.refresh();
  return { open: refresh, refresh };
}

/** @param {string} q */
async function findAccounts(q) {
  /** @type {import('./users.js').Account[]} */
  const users = (await get(`/users?${new URLSearchParams({ q, limit: MAX_CHOICES })}`)).data.users;
  return users.map(({ id, email, role }) => ({ id, text: email, detail: t(`role.${role}`) }));
}

/** The beginning of a day, some days ago, in the reader's own time, as an input has it. @param {number} ago */
function midnight(ago) {
  const day = new Date();
  day.setDate(day.getDate() - ago);
  const [year, month, date] = [day.getFullYear(), day.getMonth() + 1, day.getDate()];
  return `${year}-${String(month).padStart(2, '0')}-${String(date).padStart(2, '0')}T00:00`;
}

/** The instant that an input names in the reader's own time. @param {HTMLInputElement} input */
const instant = ({ value }) => (value ? new Date(value).toISOString() : '');

/** @param {string} action */
const actionText = (action) => (hasText(`trail.did-${action}`) ? t(`trail.did-${action}`) : action);

/** @param {HTMLElement} row @param {Fold} access */
function drawAccess(row, { at, actor, action, customers, filters, rows, accesses }) {
  if (slot(row, 'did').textContent) return; // a line never changes; what was opened in it stays open
  setTime(/** @type {HTMLTimeElement} */ (slot(row, 'when')), at);
  slot(row, 'who').title = actor.id;
  fill(row, {
    exactly: accesses.map((one) => utcText(one.at)).join(', '),
    name: actor.name,
    who: actor.email ?? actor.id,
    role: hasText(`role.${actor.role}`) ? t(`role.${actor.role}`) : actor.role,
    did: actionText(action),
    customers: whose(action, customers),
    filters: filtersText(filters),
    rows,
  });
  const again = slot(row, 'again');
  again.hidden = accesses.length < 2;
  slot(again, 'times').textContent = t('trail.times', { count: accesses.length });
  slot(again, 'list').replaceChildren(...accesses.map((one) => element('span', '', dateText(one.at))));
}

/** Few by their names; of many the number, and who they are when it is opened. @param {string} action @param {string[]} ids */
function whose(action, ids) {
  if (!ids.length) return action === 'open-stream' ? t('trail.everybody') : null;
  if (ids.length <= MAX_IDS) return customersLinks(ids);
  const details = /** @type {HTMLDetailsElement} */ (clone('trail-customers'));
  slot(details, 'count').textContent = t('trail.customers', { count: ids.length });
  on(details, 'toggle', () => slot(details, 'ids').replaceChildren(customersLinks(details.open ? ids : [])));
  return details;
}

/** @param {string[]} ids */
function customersLinks(ids) {
  const links = element('span', 'ids mono');
  links.translate = false;
  for (const id of ids) {
    const link = Object.assign(element('a', names.has(id) ? 'named' : '', names.get(id) ?? id), { href: `/csr#customer/${encodeURIComponent(id)}` });
    link.title = id;
    links.append(link);
  }
  return links;
}

/** "status: granted · purpose: marketing". @param {Record<string, unknown>} filters */
function filtersText(filters) {
  return Object.entries(filters).map(([name, value]) => filterText(name, value)).join(' · ');
}

/** @param {string} name @param {unknown} value */
function filterText(name, value) {
  const label = hasText(`trail.by-${name}`) ? t(`trail.by-${name}`) : name;
  if (value === true) return label;
  return `${label}: ${[value].flat().map((one) => valueText(name, String(one))).join(', ')}`;
}

/** @param {string} name @param {string} value */
function valueText(name, value) {
  if (name === 'action') return actionText(value);
  if (['customer', 'account', 'actor'].includes(name)) return names.get(value) ?? value;
  return name === 'since' || name === 'until' ? dateText(value) : value;
}
