// The dashboard: puts its parts together.

import { connectFeed } from '../feed/feed.js';
import { userHeader } from '../shared/api.js';
import { dialog, prepareDialogs } from '../shared/dialogs.js';
import { byId, on, slot } from '../shared/dom.js';
import { leave, openPage } from '../shared/page.js';
import { preference } from '../shared/preferences.js';
import { Activity } from './activity.js';
import { alertOf } from './alerts.js';
import { Card } from './card.js';
import { drawList, prepareFilters, query } from './filters.js';
import { prepareKeys } from './keys.js';
import { prepareLights } from './light.js';
import { ConsentList } from './list.js';
import { openSettings, prepareSettings } from './settings.js';
import { closeSides, prepareSides } from './sides.js';
import { Table } from './table.js';
import { loadPurposes, setSelf } from './words.js';

/** @typedef {import('./activity.js').Change} Change */
/** @typedef {import('./activity.js').Feed} Feed */

const RETRY = 5000;

const user = await openPage('csr', () => feed.signOut());
setSelf(user);
byId('admin-link').hidden = user.role !== 'admin';
const purposes = loadPurposes().catch(() => {});

const feed = connectFeed({ url: '/api/v1/events', name: user.id, headers: userHeader(user.id), pollSeconds: preference('pollSeconds', 30) });
const list = new ConsentList(onListChange);
const table = new Table(byId('grid'), byId('grid-rows'), list, { open: (row, byKey) => open(row.customer_id, row.id, byKey), refresh });
const card = new Card(/** @type {Feed} */ (feed), { onClose: () => table.select(''), focusTable: () => table.focus(), onDecision });
const page = {
  open: (/** @type {Change} */ { consent }) => open(consent.customer_id, consent.id, true),
  name: (/** @type {string} */ customer) => list.customer(customer)?.name ?? null,
  customer: () => card.customer,
};
const activity = new Activity(page);

/** @type {{close: () => void} | null} */
let subscription = null;
let listening = false;
let again = 0;
let tableRows = list.rows;
let frame = 0;

/** Reads the list, and follows it from where it stands. @param {import('./list.js').Query} query */
async function show(query) {
  clearTimeout(again);
  const position = await list.load(query);
  // With nothing that keeps it right, a list may not stay as it is until somebody notices.
  if (list.phase === 'error' && !subscription) again = setTimeout(refresh, RETRY);
  if (position === null) return;
  subscription?.close();
  subscription = feed.subscribe(position, { event: ({ data }) => data.consent && list.apply(data.consent), reset: begin });
  if (!listening) listen(position);
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
      alertOf(data, page);
    },
    reset: () => (listening = false), // the list, reset as well, begins anew
  });
}

/** @param {string | null} id of the row, or null: anything else */
function onListChange(id) {
  if (list.rows === tableRows) table.draw(id);
  else (tableRows = list.rows), table.restart();
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

prepareLights(feed, list, leave);
prepareDialogs();
prepareSides();
prepareKeys({ close: () => closeSides() || card.close(), table: () => table.focus() });
prepareSettings();
on(byId('open-settings'), 'click', openSettings);
on(byId('open-help'), 'click', () => dialog('help').showModal());
on(byId('refresh'), 'click', refresh);
on(byId('fresh'), 'click', refresh);
on(slot(byId('strip'), 'again'), 'click', refresh);
await purposes;
prepareFilters(show);
show(list.query);
on(window, 'hashchange', openNamed);
openNamed();
