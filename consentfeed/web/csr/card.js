// A customer's card: every consent in one line, kept right by events, and how each came to be.

import { get } from '../shared/api.js';
import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { allPurposes } from '../shared/purposes.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { actOn, noteChange } from './act.js';
import { readChoices } from './alerts.js';
import { contactNode, writeLine } from './line.js';
import { isNarrow, settle } from './panels.js';
import { watch } from './settings.js';
import { prepareForPrint, Timeline } from './timeline.js';
import { customerText } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */

export class Card {
  #panel = byId('card');
  /** @type {string | null} */
  customer = null;
  /** @type {Map<string, Consent>} */
  #consents = new Map();
  /** @type {Map<string, HTMLElement>} */
  #lines = new Map();
  /** @type {{close: () => void} | null} */
  #subscription = null;
  /** @type {Timeline | null} */
  #timeline = null;
  /** @type {Element | null} */
  #opener = null;
  /** @type {import('./list.js').Customer | null} */
  #who = null;
  #run = 0;

  /** @param {import('./activity.js').Feed} feed @param {{onClose: () => void, focusTable: () => void, onDecision: (consent: Consent) => void,
   *   onCustomer: (customer: import('./list.js').Customer) => void}} page */
  constructor(feed, page) {
    this.feed = feed;
    this.page = page;
    prepareForPrint(this.#panel);
  }

  get #inside() {
    return /** @type {HTMLElement} */ (this.#panel.firstElementChild);
  }

  /** Shows a customer. @param {string} customer @param {boolean} focus whether the keyboard goes there */
  open(customer, focus) {
    const from = document.activeElement;
    if (!this.#panel.contains(from)) this.#opener = from === document.body ? null : from;
    if (this.customer !== customer) this.#begin(customer);
    else this.refresh();
    this.#panel.hidden = false;
    settle();
    if (focus || isNarrow()) slot(this.#inside, 'name').focus();
  }

  /** Whether there was anything to close; the keyboard goes back to where it came from. */
  close() {
    if (this.#panel.hidden) return false;
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
    on(slot(inside, 'close'), 'click', () => this.close());
    on(slot(inside, 'print'), 'click', () => this.#print());
    on(slot(inside, 'watch'), 'click', () => this.#watch());
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
      this.redraw();
    } catch {
      partFailed(this.#panel, () => this.refresh());
    }
  }

  /** Draws its lines again: a purpose is called otherwise, or the customer has another number. */
  redraw() {
    for (const [id, line] of this.#lines) writeLine(line, /** @type {Consent} */ (this.#consents.get(id)), this.#who);
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

  /** @param {import('./list.js').Customer} who @param {Consent[]} consents */
  #show(who, consents) {
    this.#showCustomer(who);
    this.#drawWatch();
    const order = allPurposes().map((purpose) => purpose.key);
    consents.sort((a, b) => order.indexOf(a.purpose) - order.indexOf(b.purpose) || a.channel.localeCompare(b.channel));
    this.#consents = new Map(consents.map((consent) => [consent.id, consent]));
    this.#lines = new Map(consents.map((consent) => [consent.id, this.#line(consent)]));
    slot(this.#inside, 'consents').replaceChildren(...this.#lines.values());
    slot(this.#inside, 'state').hidden = true;
    slot(this.#inside, 'content').hidden = false;
  }

  /** @param {import('./list.js').Customer} who */
  #showCustomer(who) {
    partRead(this.#panel);
    this.#who = who;
    fill(this.#inside, { name: element('bdi', '', customerText(who)), contact: contactNode(who) });
    this.page.onCustomer(who);
  }

  /** @param {Consent} consent */
  #line(consent) {
    const line = clone('card-line');
    on(slot(line, 'act'), 'click', () => this.#act(consent.id));
    on(line, 'animationend', () => line.classList.remove('glow'));
    return writeLine(line, consent, this.#who);
  }

  /** @param {string} id */
  async #act(id) {
    const consent = /** @type {Consent} */ (this.#consents.get(id));
    const result = await actOn(consent, /** @type {import('./list.js').Customer} */ (this.#who));
    if (result) this.page.onDecision(result), this.#update(result);
  }

  /** @param {import('./activity.js').Message} message @param {string} id of the customer */
  #take(message, id) {
    const { data } = message;
    const isOwn = data.consent?.customer_id === id;
    if (isOwn) this.#update(data.consent), noteChange(data);
    if (data.customer?.id === id) this.refresh();
    if (isOwn || data.customer?.id === id) this.#timeline?.add(message);
  }

  /** @param {Consent} consent as it is now, unless the one that is shown is newer */
  #update(consent) {
    const current = this.#consents.get(consent.id);
    const line = this.#lines.get(consent.id);
    if (!line || (current && current.version >= consent.version)) return;
    this.#consents.set(consent.id, consent);
    writeLine(line, consent, this.#who).classList.add('glow');
  }

  /** With all of the history: paper has no button for more. */
  async #print() {
    try {
      await this.#timeline?.readAll();
      print();
    } catch (error) {
      toast({ kind: 'error', text: problemText(error) });
    }
  }

  async #watch() {
    const id = /** @type {string} */ (this.customer);
    try {
      await watch(id, !readChoices().watched.includes(id));
    } catch (error) {
      toast({ kind: 'error', text: problemText(error) });
    }
    this.#drawWatch();
  }

  #drawWatch() {
    const isWatched = readChoices().watched.includes(this.customer ?? '');
    slot(this.#inside, 'watch').setAttribute('aria-pressed', String(isWatched));
  }
}
