// Live activity: the newest hundred changes, newest first. While somebody reads it, what comes waits.

import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { t } from '../shared/text.js';
import { clockText, setTime } from '../shared/time.js';
import { setStatus, whatNode } from './words.js';

const MAX_LINES = 100;

/** @typedef {import('./list.js').Consent} Consent */
/** customer: in place of consent, where the customer's own details changed.
 * @typedef {{type: string, consent: Consent, customer?: {id: string, version: number, changed: string[]}, timestamp: string, user: {id: string, email: string | null},
 *   actor: {kind: string, id: string}, method: string,
 *   reason: {code: string | null, text: string | null, reference: string | null} | null}} Change */
/** @typedef {{id: string, event: string, data: any}} Message */
/** @typedef {{event: (message: Message) => void, reset: (reason: string) => void}} Handlers */
/** @typedef {{subscribe: (position: string, handlers: Handlers) => {close: () => void}}} Feed */

export class Activity {
  #panel = byId('activity');
  #lines = byId('activity-lines');
  #queue = /** @type {Change[]} */ ([]);
  #freshButton = byId('activity-fresh');
  #frame = 0;

  /** @param {{open: (change: Change) => void, name: (customer: string) => string | null}} page */
  constructor(page) {
    this.page = page;
    byId('activity-empty').textContent = t('csr.activity-empty', { time: clockText(new Date()) });
    on(this.#lines, 'mouseleave', () => this.#draw());
    on(this.#panel, 'focusout', () => this.#draw());
    on(this.#freshButton, 'click', () => this.#show());
  }

  /** @param {Change} change */
  add(change) {
    this.#queue.push(change);
    if (this.#queue.length > MAX_LINES) this.#queue.shift();
    this.#draw();
  }

  #draw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      // Nothing moves under the pointer or the keyboard.
      const isRead = this.#lines.matches(':hover') || this.#lines.contains(document.activeElement);
      this.#freshButton.hidden = !isRead || !this.#queue.length;
      if (!isRead) this.#show();
      else this.#freshButton.textContent = t('csr.fresh', { count: this.#queue.length });
    });
  }

  #show() {
    if (!this.#queue.length) return;
    byId('activity-empty').hidden = true;
    this.#freshButton.hidden = true;
    this.#lines.prepend(...this.#queue.map((change) => this.#line(change)).reverse());
    this.#queue = [];
    while (this.#lines.childElementCount > MAX_LINES) this.#lines.lastElementChild?.remove();
  }

  /** @param {Change} change */
  #line(change) {
    const line = clone('activity-line');
    setStatus(slot(line, 'status'), change.consent.status);
    setTime(/** @type {HTMLTimeElement} */ (slot(line, 'when')), change.timestamp);
    fill(line, { customer: this.page.name(change.consent.customer_id) ?? change.user.email ?? change.user.id, what: whatNode(change.consent) });
    on(slot(line, 'customer').parentElement ?? element('p'), 'click', () => this.page.open(change));
    return line;
  }
}
