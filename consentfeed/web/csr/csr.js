// The dashboard: puts its parts together.

import { connectFeed } from '../feed/feed.js';
import { get, userHeader } from '../shared/api.js';
import { dialog, prepareDialogs } from '../shared/dialogs.js';
import { byId, on, slot } from '../shared/dom.js';
import { openPage } from '../shared/page.js';
import { partFailed, partRead } from '../shared/parts.js';
import { preference } from '../shared/preferences.js';
import { followPurposes, notePurpose, readPurposes, whenPurposesChange } from '../shared/purposes.js';
import { whenBack } from '../shared/reconnect.js';
import { Activity } from './activity.js';
import { Alerts } from './alerts.js';
import { Card } from './card.js';
import { drawList, drawOptions, prepareFilters, query } from './filters.js';
import { prepareKeys } from './keys.js';
import { prepareLights } from './light.js';
import { ConsentList } from './list.js';
import { openSettings, prepareSettings } from './settings.js';
import { closeSides, prepareSides } from './sides.js';
import { Table } from './table.js';
import { setSelf } from './words.js';

/** @typedef {import('./activity.js').Change} Change */
/** @typedef {import('./activity.js').Feed} Feed */

const RENAME_MS = 500;
const MAX_RENAMED = 20;

const user = await openPage('csr', () => feed.signOut());
setSelf(user);
byId('admin-link').hidden = user.role !== 'admin';
const purposes = readPurposes().catch(() => {}); // where that fails, their keys serve until it is read again

const feed = connectFeed({ url: '/api/v1/events?kind=all', name: user.id, headers: userHeader(user.id), pollSeconds: preference('pollSeconds', 30) });
const list = new ConsentList(onListChange);
const table = new Table(byId('grid'), byId('grid-rows'), list, { open: (row, byKey) => open(row.customer_id, row.id, byKey), refresh });
const card = new Card(/** @type {Feed} */ (feed), { onClose: () => table.select(''), focusTable: () => table.focus(), onDecision, onCustomer: (who) => list.rename(who) });
const page = {
  open: (/** @type {Change} */ { consent }) => open(consent.customer_id, consent.id, true),
  name: (/** @type {string} */ customer) => list.customer(customer)?.name ?? null,
  customer: () => card.customer,
};
const activity = new Activity(page);
const alerts = new Alerts(page, feed);

/** @type {{close: () => void} | null} */
let subscription = null;
let listening = false;
let tableRows = list.rows;
let frame = 0;
/** Customers of whom something has changed, until they are read. @type {Set<string>} */
const renamed = new Set();
let timer = 0;

/** Reads the list, and follows it from where it stands. @param {import('./list.js').Query} query */
async function show(query) {
  const position = await list.load(query);
  if (position === null) return;
  subscription?.close();
  subscription = feed.subscribe(position, { event: take, reset: begin });
  if (!listening) listen(position);
}

/** @param {import('./activity.js').Message} message */
function take(message) {
  const { consent, customer } = message.data;
  notePurpose(message);
  if (consent) list.apply(consent);
  if (customer && list.customer(customer.id)) renamed.add(customer.id);
  if (renamed.size) timer ||= setTimeout(rename, RENAME_MS);
}

/** Some are called otherwise now, or have another number; where they are many, the whole list is read. */
async function rename() {
  timer = 0;
  const ids = [...renamed];
  renamed.clear();
  if (ids.length > MAX_RENAMED) return refresh();
  for (const id of ids) await get(`/customers/${id}`).then(({ data }) => list.rename(data), () => {});
}

function refresh() {
  show(query()); // what was typed meanwhile
}

function begin() {
  subscription = null;
  refresh();
}

/** Activity and messages, for as long as the page is open; what a search shows does not touch them. @param {string} position */
function listen(position) {
  listening = true;
  feed.subscribe(position, {
    event({ data }) {
      if (!data.consent) return;
      activity.add(data);
      alerts.take(data);
    },
    reset: () => (listening = false), // the list, reset as well, begins anew
  });
}

/** @param {string | null} id of the row, or null: anything else */
function onListChange(id) {
  if (list.rows === tableRows) table.draw(id);
  else (tableRows = list.rows), table.restart();
  if (list.phase === 'error') partFailed(byId('list'), refresh, list.problem?.retryAfter);
  else if (list.phase === 'ready') partRead(byId('list'));
  if (!id) frame ||= requestAnimationFrame(() => ((frame = 0), drawList(list)));
}

/** @param {string} customer @param {string} consent @param {boolean} focus */
function open(customer, consent, focus) {
  table.select(consent);
  card.open(customer, focus);
}

/** The answer is newer than the feed, where that is away. @param {import('./list.js').Consent} consent */
function onDecision(consent) {
  if (list.indexOf(consent.id) >= 0) list.apply(consent);
}

/** A link elsewhere named a customer. Whose card was open does not stay in the browser's history. */
function openNamed() {
  const [, id] = /^#customer\/([0-9a-f-]{36})$/.exec(location.hash) ?? [];
  if (!id) return;
  history.replaceState(null, '', location.pathname);
  open(id, '', true);
}

prepareLights(feed, list);
followPurposes(feed);
whenBack(feed, () => card.refresh());
prepareDialogs();
prepareSides();
prepareKeys({ close: () => closeSides() || card.close(), table: () => table.focus() });
prepareSettings();
on(byId('open-settings'), 'click', openSettings);
on(byId('open-help'), 'click', () => dialog('help').showModal());
on(byId('refresh'), 'click', () => (refresh(), card.refresh(), readPurposes().catch(() => {})));
on(byId('fresh'), 'click', refresh);
on(slot(byId('strip'), 'again'), 'click', refresh);
await purposes;
prepareFilters(show);
show(query()); // what was typed before there was anybody to hear it
whenPurposesChange(() => (drawOptions(), table.redraw(), card.redraw()));
on(window, 'hashchange', openNamed);
openNamed();
