// The consent centre: puts its parts together.

import { connectFeed } from '../feed/feed.js';
import { get, userHeader } from '../shared/api.js';
import { prepareDialogs } from '../shared/dialogs.js';
import { byId, on } from '../shared/dom.js';
import { pageReady } from '../shared/ready.js';
import { issuer } from '../shared/operator.js';
import { openPage } from '../shared/page.js';
import { partFailed, partRead } from '../shared/parts.js';
import { preference } from '../shared/preferences.js';
import { problemText } from '../shared/problems.js';
import { allPurposes, followPurposes, notePurpose, readPurposes, whenPurposesChange, wordsOf } from '../shared/purposes.js';
import { channelName, language, t } from '../shared/text.js';
import { dateText } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { choice, drawCards } from './cards.js';
import { Consents, noticeInForce } from './consents.js';
import { Contact } from './contact.js';
import { drawEverything, prepareEverything } from './everything.js';
import { History } from './history.js';
import { prepareStrip } from './light.js';
import { showNotices } from './notice.js';
import { Requests } from './requests.js';
import { drawHistory, drawHistoryFailed } from './table.js';
import { nowText, whoText } from './words.js';

/** @typedef {import('./consents.js').Consent} Consent */

const user = await openPage(['customer', 'rights', 'data'], () => feed.signOut());
const feed = connectFeed({ url: '/api/v1/events?kind=all', name: user.id, headers: userHeader(user.id), pollSeconds: preference('pollSeconds', 30) });
const consents = new Consents();
const requests = new Requests();
const contact = new Contact();
let history = new History();
/** @type {{close: () => void} | null} */
let subscription = null;

/** What the switches need of the page. @type {import('./choice.js').Page} */
const page = {
  notice: ({ purpose }) => noticeInForce(consents.purpose(purpose), language()),
  isOffered: ({ purpose }) => consents.purpose(purpose).offered,
  onClosed: () => readPurposes().catch(() => {}),
  openNotice: ({ purpose }) => showNotices(consents, purpose),
  onSave(consent) {
    // The card may have been drawn anew since.
    if (consents.apply(consent)) choice(consent.id)?.take(consent);
    byId('region').textContent = t('customer.saved', { what: whatText(consent), state: nowText(consent) });
    if (feed.state.phase !== 'live') readHistory();
  },
  onSettled: () => drawEverything(consents),
  async onSuperseded({ purpose }) {
    await readPurposes().catch(() => {});
    consents.setPurposes(allPurposes());
    if (noticeInForce(consents.purpose(purpose), language())) showNotices(consents, purpose);
  },
  async onStale({ id }) {
    const { data } = await get(`/consents/${id}`);
    if (consents.apply(data)) choice(id)?.take(data, true);
    return data;
  },
};

/** Reads all of it, and follows it from where it stands. */
async function load() {
  byId('failed').hidden = true;
  byId('loading').hidden = consents.size > 0;
  const [{ data, position }] = await Promise.all([get('/customer/consents'), readPurposes()]);
  consents.updatePurposes(allPurposes());
  show(consents.replace(data.consents));
  subscription?.close();
  subscription = feed.subscribe(position ?? '', { event: onEvent, reset: begin });
  history = new History();
  readHistory();
  requests.read();
  contact.read();
}

/** @param {string[]} ids of the consents that have changed since they were shown last */
function show(ids) {
  byId('loading').hidden = true;
  byId('empty').hidden = consents.keys().length > 0;
  for (const id of ['data', 'history']) byId(id).hidden = false;
  drawCards(consents, page);
  drawEverything(consents);
  for (const id of ids) choice(id)?.take(/** @type {Consent} */ (consents.get(id)), true);
}

/** @param {{event?: string, data: any} & import('./history.js').Message} message */
function onEvent(message) {
  const { type, consent, actor, request, preferences } = message.data;
  if (request) requests.take(request);
  if (preferences) contact.read();
  if (!consent) return;
  notePurpose(message);
  history.add(message);
  if (history.complete) drawHistory(history.list(), purposeOf);
  else readHistory();
  if (!choice(consent.id)) begin();
  else if (consents.apply(consent)) showChange(type, consent, actor);
}

/** @param {string} type @param {Consent} consent @param {{kind: string, id: string}} actor */
function showChange(type, consent, actor) {
  const own = actor.id === user.id && choice(consent.id)?.isOwn(type);
  choice(consent.id)?.take(consent, !own);
  drawEverything(consents);
  if (own) return;
  const text = t('customer.elsewhere', { what: whatText(consent), state: nowText(consent) });
  toast({ kind: 'info', text, detail: whoText(actor) });
}

async function readHistory() {
  const current = history;
  try {
    await current.read();
    if (current !== history) return;
    partRead(byId('history'));
    drawHistory(history.list(), purposeOf);
  } catch {
    if (current !== history) return;
    partFailed(byId('history'), readHistory);
    drawHistoryFailed();
  }
}

/** Also where the log is another one by now. What is shown stays until there is something newer. */
function begin() {
  load().then(() => partRead(byId('main')), (error) => {
    byId('loading').hidden = true;
    byId('failed').hidden = false;
    byId('failed-why').textContent = problemText(error);
    partFailed(byId('main'), begin, error.retryAfter);
  });
}

const purposeOf = (/** @type {string} */ key) => wordsOf(consents.purpose(key));

/** @param {Consent} consent */
const whatText = ({ purpose, channel }) => t('customer.what-of', { purpose: purposeOf(purpose).title, channel: channelName(channel) });

/** Whose sheet it is. */
let whose = user.email;

async function readWhose() {
  const { data } = await get('/auth/account');
  whose = [data.name, data.msisdn, data.email].filter(Boolean).join(' · ');
  drawPrinted();
}

function drawPrinted() {
  byId('printed').textContent = t('customer.printed', { who: whose, issuer: issuer(), time: dateText(new Date()) });
}

on(byId('again'), 'click', begin);
on(byId('history-again'), 'click', readHistory);
on(byId('print'), 'click', () => window.print());
on(window, 'beforeprint', drawPrinted);
drawPrinted();
readWhose().catch(() => {}); // then it is the address alone
prepareDialogs();
prepareStrip(feed);
prepareEverything(consents, page.notice);
followPurposes(feed);
whenPurposesChange(() => {
  consents.updatePurposes(allPurposes());
  if (consents.size) drawCards(consents, page);
});
begin();
pageReady();
