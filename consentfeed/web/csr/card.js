// A customer's card: who it is, every consent, and how each came to be; kept right by events.

import { get } from '../shared/api.js';
import { dialog } from '../shared/dialogs.js';
import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { actOn, noteChange } from './act.js';
import { CardContact } from './card-contact.js';
import { CardRequests } from './card-requests.js';
import { customerOf } from './change.js';
import { contactNode } from './contact.js';
import { copyLink } from './link.js';
import { Lines } from './lines.js';
import { isNarrow, settle } from './panels.js';
import { forgetReason } from './reason.js';
import { tellResults } from './results.js';
import { prepareForPrint, printSheet } from './sheet.js';
import { Timeline } from './timeline.js';
import { WatchButton } from './watch.js';
import { customerText } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {import('./list.js').Customer} Customer */

export class Card {
  #panel = byId('card');
  /** @type {string | null} */
  customer = null;
  /** @type {{close: () => void} | null} */
  #subscription = null;
  /** @type {Lines | null} */
  lines = null;
  /** @type {Timeline | null} */
  #timeline = null;
  /** @type {Element | null} */
  #opener = null;
  /** @type {Customer | null} */
  #who = null;
  /** @type {CardRequests | null} */
  #requests = null;
  /** @type {CardContact | null} */
  #contact = null;
  #run = 0;

  /** @param {import('./activity.js').Feed} feed @param {{onClose: () => void, focusTable: () => void, onDecision: (consent: Consent) => void,
   *   onRequest: (request: import('../shared/due.js').RightsRequest) => void, onCustomer: (customer: Customer) => void}} page */
  constructor(feed, page) {
    this.feed = feed;
    this.page = page;
    prepareForPrint(this.#panel);
  }

  get #inside() {
    return /** @type {HTMLElement} */ (this.#panel.firstElementChild);
  }

  /** What a key does while a card is open. @returns {Record<string, () => void>} */
  get keys() {
    const { lines } = this;
    if (!this.customer || !lines) return {};
    return { n: () => lines.move(1), p: () => lines.move(-1), a: () => lines.act(), w: () => lines.revokeSeveral(), c: () => void copyLink(this.customer ?? '') };
  }

  /** Shows a customer. @param {string} customer @param {boolean} focus whether the keyboard goes there @param {string} [request] that
   * is unfolded */
  open(customer, focus, request = '') {
    const from = document.activeElement;
    if (!this.#panel.contains(from)) this.#opener = from === document.body ? null : from;
    if (this.customer !== customer) this.#begin(customer);
    else this.refresh();
    this.#panel.hidden = false;
    settle();
    this.#requests?.unfold(request);
    if (focus || isNarrow()) slot(this.#inside, 'name').focus();
  }

  /** Whether there was anything to close; the keyboard goes back to where it came from. */
  close() {
    if (this.#panel.hidden) return false;
    for (const id of ['act', 'request', 'request-new', 'contact']) dialog(id).close();
    forgetReason();
    const within = this.#panel.contains(document.activeElement);
    this.#subscription?.close();
    partRead(this.#panel);
    this.#run += 1;
    this.customer = null;
    this.#panel.hidden = true;
    settle();
    this.page.onClose();
    if (within && this.#opener?.isConnected) /** @type {HTMLElement} */ (this.#opener).focus();
    else if (within) this.page.focusTable();
    return true;
  }

  /** @param {string} customer */
  #begin(customer) {
    this.customer = customer;
    const inside = clone('card-inside');
    this.#panel.replaceChildren(inside);
    this.lines = new Lines(inside, (action, consents, several) => this.#act(action, consents, several));
    this.#requests = new CardRequests(inside, customer, { who: () => this.#who, onRequest: this.page.onRequest });
    this.#contact = new CardContact(inside, customer);
    on(slot(inside, 'close'), 'click', () => this.close());
    on(slot(inside, 'copy'), 'click', () => copyLink(customer));
    on(slot(inside, 'print'), 'click', () => printSheet(this.#timeline));
    new WatchButton(slot(inside, 'watch'), customer);
    this.#load();
  }

  /** Reads again who it is: by a change elsewhere they may be called otherwise, or have another number. */
  async refresh() {
    const [run, id] = [this.#run, this.customer];
    if (!id || slot(this.#inside, 'content').hidden) return;
    try {
      const { data } = await get(`/customers/${id}`);
      if (run !== this.#run) return;
      this.#showCustomer(data);
      this.lines?.redraw(data);
    } catch {
      partFailed(this.#panel, () => this.refresh());
    }
  }

  async #load() {
    const [run, id] = [++this.#run, /** @type {string} */ (this.customer)];
    this.#subscription?.close();
    this.#timeline = new Timeline(this.#inside, id, () => run === this.#run);
    slot(this.#inside, 'state').replaceChildren(clone('blank-lines'));
    try {
      // In this order: what changes about the customer after the list was read comes by the feed.
      const all = await get(`/consents?customer=${id}&limit=1000`);
      const who = await get(`/customers/${id}`);
      if (run !== this.#run) return;
      this.#show(who.data, all.data.consents);
      this.#subscription = this.feed.subscribe(all.position ?? '', {
        event: (message) => this.#take(message, id),
        reset: () => this.#load(),
      });
      this.#requests?.read();
      this.#contact?.read();
      await this.#timeline.read();
    } catch (error) {
      if (run === this.#run) this.#fail(error);
    }
  }

  /** @param {unknown} error */
  #fail(error) {
    partFailed(this.#panel, () => this.#load(), /** @type {any} */ (error).retryAfter);
    const again = element('button', 'button', t('csr.try-again'));
    on(again, 'click', () => this.#load());
    const state = slot(this.#inside, 'state');
    state.hidden = false;
    state.replaceChildren(element('p', 'problem', problemText(error)), again);
    fill(this.#inside, { 'history-state': null });
  }

  /** @param {Customer} who @param {Consent[]} consents */
  #show(who, consents) {
    this.#showCustomer(who);
    this.lines?.show(consents, who);
    slot(this.#inside, 'state').hidden = true;
    slot(this.#inside, 'content').hidden = false;
  }

  /** @param {Customer} who */
  #showCustomer(who) {
    partRead(this.#panel);
    this.#who = who;
    fill(this.#inside, { name: element('bdi', '', customerText(who)), contact: contactNode(who) });
    this.page.onCustomer(who);
  }

  /** @param {'grant' | 'revoke'} action @param {Consent[]} consents @param {boolean} several */
  async #act(action, consents, several) {
    const who = /** @type {Customer} */ (this.#who);
    const take = (/** @type {Consent[]} */ decided) => decided.forEach((consent) => this.#decided(consent));
    const results = await actOn({ action, consents, several, who });
    take(results.map(({ consent }) => consent));
    tellResults(results, who, take);
  }

  /** The answer may be here before the event. @param {Consent} consent */
  #decided(consent) {
    this.page.onDecision(consent);
    if (consent.customer_id === this.customer) this.lines?.update(consent);
  }

  /** @param {import('./activity.js').Message} message @param {string} id of the customer */
  #take(message, id) {
    const { data } = message;
    const isOwn = data.consent?.customer_id === id;
    if (isOwn) this.lines?.update(data.consent), noteChange(data);
    if (data.customer?.id === id) this.refresh();
    if (data.request?.customer_id === id) this.#requests?.take(message);
    if (data.preferences?.customer_id === id) this.#contact?.read();
    if (customerOf(data) === id) this.#timeline?.add(message);
  }
}
