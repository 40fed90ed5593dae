// The dashboard: puts its parts together.

import { connectFeed } from '../feed/feed.js';
import { userHeader } from '../shared/api.js';
import { dialog, prepareDialogs } from '../shared/dialogs.js';
import { byId, on, slot } from '../shared/dom.js';
import { pageReady } from '../shared/ready.js';
import { openPage } from '../shared/page.js';
import { preference } from '../shared/preferences.js';
import { followPurposes, notePurpose, readPurposes, whenPurposesChange } from '../shared/purposes.js';
import { whenBack } from '../shared/reconnect.js';
import { t } from '../shared/text.js';
import { whenMore } from '../shared/toasts.js';
import { Activity } from './activity.js';
import { Address } from './address.js';
import { Alerts } from './alerts.js';
import { Card } from './card.js';
import { chosenFilters, drawOptions, prepareFilters, setFilters } from './filters.js';
import { prepareKeys } from './keys.js';
import { prepareLights } from './light.js';
import { Listing } from './listing.js';
import { isNarrow } from './panels.js';
import { openSettings, prepareSettings } from './settings.js';
import { chosenView, prepareViews, setView } from './views.js';
import { closeSides, openActivity, prepareSides } from './sides.js';
import { customerOf, isTold } from './change.js';
import { setSelf } from './words.js';

/** @typedef {import('./activity.js').Change} Change */
/** @typedef {import('./activity.js').Feed} Feed */

const user = await openPage(['csr', 'rights', 'requests'], () => feed.signOut());
setSelf(user);
byId('admin-link').hidden = user.role !== 'admin';
const purposes = readPurposes().catch(() => {}); // where that fails, their keys serve until it is read again

const feed = connectFeed({ url: '/api/v1/events?kind=all', name: user.id, headers: userHeader(user.id), pollSeconds: preference('pollSeconds', 30) });
const listing = new Listing({ open, begin, beginQueue });
const card = new Card(/** @type {Feed} */ (feed), { onClose, focusTable: () => listing.focus(), onDecision, onRequest: (request) => listing.queue.list.apply(request), onCustomer: (who) => listing.rename(who) });
const page = {
  open: (/** @type {Change} */ change) => open(customerOf(change), (change.consent ?? change.request)?.id ?? '', true),
  name: (/** @type {string} */ customer) => listing.customer(customer)?.name ?? null,
  customer: () => card.customer,
  isCovered: () => isNarrow() && card.customer !== null,
};
const address = new Address(onMove);
const activity = new Activity(page);
const alerts = new Alerts(page, feed);

/** @type {{close: () => void} | null} */
let subscription = null;
/** @type {{close: () => void} | null} */
let queueSubscription = null;
let listening = false;
/** Until then a link that is followed is only taken down: the page begins with it. */
let ready = false;

/** The list was read: it is followed from where it stands. @param {string} position */
function begin(position) {
  subscription?.close();
  subscription = feed.subscribe(position, { event: take, reset: () => ((subscription = null), listing.refresh()) });
  if (!listening) listen(position);
}

/** The queue was read: it is followed from where it stands. @param {string} position */
function beginQueue(position) {
  queueSubscription?.close();
  queueSubscription = feed.subscribe(position, { event: (message) => listing.queue.take(message), reset: () => ((queueSubscription = null), listing.queue.refresh()) });
  if (!listening) listen(position);
}

/** @param {import('./activity.js').Message} message */
function take(message) {
  notePurpose(message);
  listing.take(message);
  if (!queueSubscription) listing.queue.take(message); // until it is shown, it has its counters alone
}

/** Activity and messages, for as long as the page is open; what a search shows does not touch them. @param {string} position */
function listen(position) {
  listening = true;
  feed.subscribe(position, {
    event(message) {
      if (!isTold(message.data)) return;
      activity.add(message);
      alerts.take(message.data);
    },
    reset: () => (listening = false), // the list, reset as well, begins anew
  });
}

/** @param {string} customer @param {string} row of a consent, or of a request @param {boolean} focus */
function open(customer, row, focus) {
  listing.select(customer, row);
  card.open(customer, focus, row);
  address.open(customer);
  drawTitle();
}

/** The answer is newer than the feed, where that is away. @param {import('./list.js').Consent} consent */
function onDecision(consent) {
  if (listing.list.indexOf(consent.id) >= 0) listing.list.apply(consent);
}

function onClose() {
  listing.select('', '');
  address.close();
  drawTitle();
}

/** The browser went back or on, or a link was followed. @type {import('./address.js').OnMove} */
function onMove(customer, filters) {
  if (!ready) return;
  if (filters) setFilters(filters), setView(filters), listing.show();
  if (customer === null) card.close();
  else if (customer !== card.customer) open(customer, '', true);
}

/** What the page is, and no person. */
const drawTitle = () => (document.title = t(card.customer ? 'csr.page-card' : 'csr.page'));

prepareLights(feed, listing.list);
followPurposes(feed);
whenBack(feed, () => card.refresh());
prepareDialogs();
prepareSides();
whenMore(openActivity);
prepareKeys({ close: () => closeSides() || card.close(), table: () => listing.focus(), keys: () => card.keys });
prepareSettings();
on(byId('open-settings'), 'click', openSettings);
on(byId('open-help'), 'click', () => dialog('help').showModal());
on(byId('refresh'), 'click', () => (listing.refresh(), card.refresh(), readPurposes().catch(() => {})));
on(byId('fresh'), 'click', () => listing.refresh());
on(slot(byId('strip'), 'again'), 'click', () => listing.refresh());
await purposes;
const onChoice = () => (address.filter({ ...chosenFilters(), ...chosenView() }), listing.show());
prepareViews(onChoice, address.filters);
prepareFilters({ onChange: onChoice, onEnter: () => listing.enter() }, address.filters);
listing.show();
listing.queue.countSoon();
ready = true;
whenPurposesChange(() => (drawOptions(), listing.redraw(), card.lines?.redraw()));
if (address.customer) open(address.customer, '', true);
pageReady();
