// The access trail: who was shown which customers' data, and how it was asked for.

import { get, parameters } from '../shared/api.js';
import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { hasText, t } from '../shared/text.js';
import { dateText, setTime, utcText } from '../shared/time.js';
import { Picker } from './picker.js';

/** @typedef {{id: number, at: string, actor: {id: string, role: string, email: string | null}, action: string,
 *   customers: string[], filters: Record<string, unknown>, rows: number}} Access */

const PAGE = 100;
const MAX_CHOICES = '8';
const MAX_IDS = 3;
const ACTIONS = [
  'list-consents', 'read-consent', 'read-history', 'repeat-decision', 'list-customers', 'read-customer',
  'register-customer', 'revoke-by-contact', 'open-stream', 'read-events', 'list-accounts', 'read-account',
  'list-sessions', 'read-trail',
];

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

  /** @type {List<Access>} */
  const list = new List(byId('trail'), {
    read: async (cursor) => {
      const { data } = await get(`/accesses?${parameters({ ...Object.fromEntries(filters()), limit: PAGE, cursor })}`);
      return { items: data.accesses, next: data.next };
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
  on(window, 'beforeprint', () => {
    const text = filtersText(Object.fromEntries(filters()));
    byId('trail-printed').textContent = [dateText(new Date()), text].filter(Boolean).join(' · ');
  });
  return { open: () => void list.refresh() };
}

/** @param {string} q */
async function findCustomers(q) {
  /** @type {{id: string, name: string | null, email: string | null, msisdn: string | null}[]} */
  const customers = (await get(`/customers?${new URLSearchParams({ q, limit: MAX_CHOICES })}`)).data.customers;
  return customers.map(({ id, name, email, msisdn }) => ({ id, text: name ?? email ?? msisdn ?? id, detail: name ? (msisdn ?? email) : null }));
}

/** @param {string} q */
async function findAccounts(q) {
  /** @type {import('./users.js').Account[]} */
  const users = (await get(`/users?${new URLSearchParams({ q, limit: MAX_CHOICES })}`)).data.users;
  return users.map(({ id, email, role }) => ({ id, text: email, detail: t(`role.${role}`) }));
}

/** The instant that an input names in the reader's own time. @param {HTMLInputElement} input */
const instant = ({ value }) => (value ? new Date(value).toISOString() : '');

/** @param {string} action */
const actionText = (action) => (hasText(`trail.did-${action}`) ? t(`trail.did-${action}`) : action);

/** @param {HTMLElement} row @param {Access} access */
function drawAccess(row, { at, actor, action, customers, filters, rows }) {
  if (slot(row, 'did').textContent) return; // a line never changes; what was opened in it stays open
  setTime(/** @type {HTMLTimeElement} */ (slot(row, 'when')), at);
  slot(row, 'who').title = actor.id;
  fill(row, {
    exactly: utcText(at),
    who: actor.email ?? actor.id,
    role: hasText(`role.${actor.role}`) ? t(`role.${actor.role}`) : actor.role,
    did: actionText(action),
    customers: whose(action, customers),
    filters: filtersText(filters),
    rows,
  });
}

/** Few by their ids; of many the number, and their ids when it is opened. @param {string} action @param {string[]} ids */
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
  for (const id of ids) links.append(Object.assign(element('a', '', id), { href: `/csr#customer/${encodeURIComponent(id)}` }));
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
  return name === 'since' || name === 'until' ? dateText(value) : value;
}
