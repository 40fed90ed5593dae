// Live activity: the newest hundred changes, newest first. While somebody reads it, what comes waits.

import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { t } from '../shared/text.js';
import { clockText, setTime } from '../shared/time.js';
import { setStatus, whatText } from './words.js';

const KEPT = 100;

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {{type: string, consent: Consent, timestamp: string, user: {id: string, email: string | null},
 *   actor: {kind: string, id: string}, method: string,
 *   reason: {code: string | null, text: string | null, reference: string | null} | null}} Change */
/** @typedef {{id: string, event: string, data: any}} Message */
/** @typedef {{event: (message: Message) => void, reset: (reason: string) => void}} Listener */
/** @typedef {{subscribe: (position: string, listener: Listener) => {close: () => void}}} Feed */

export class Activity {
  #panel = byId('activity');
  #lines = byId('activity-lines');
  #waiting = /** @type {Change[]} */ ([]);
  #held = byId('activity-held');
  #frame = 0;

  /** @param {{open: (change: Change) => void, name: (customer: string) => string | null}} page */
  constructor(page) {
    this.page = page;
    byId('activity-empty').textContent = t('csr.activity-empty', { time: clockText(new Date()) });
    on(this.#lines, 'mouseleave', () => this.#draw());
    on(this.#panel, 'focusout', () => this.#draw());
    on(this.#held, 'click', () => this.#show());
  }

  /** @param {Change} change */
  add(change) {
    this.#waiting.push(change);
    if (this.#waiting.length > KEPT) this.#waiting.shift();
    this.#draw();
  }

  #draw() {
    if (this.#frame) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      // Nothing moves under the pointer or the keyboard.
      const read = this.#lines.matches(':hover') || this.#lines.contains(document.activeElement);
      this.#held.hidden = !read || !this.#waiting.length;
      if (!read) this.#show();
      else this.#held.textContent = t('csr.fresh', { count: this.#waiting.length });
    });
  }

  #show() {
    if (!this.#waiting.length) return;
    byId('activity-empty').hidden = true;
    this.#held.hidden = true;
    this.#lines.prepend(...this.#waiting.map((change) => this.#line(change)).reverse());
    this.#waiting = [];
    while (this.#lines.childElementCount > KEPT) this.#lines.lastElementChild?.remove();
  }

  /** @param {Change} change */
  #line(change) {
    const line = clone('activity-line');
    setStatus(slot(line, 'status'), change.consent.status);
    setTime(/** @type {HTMLTimeElement} */ (slot(line, 'when')), change.timestamp);
    fill(line, { customer: this.page.name(change.consent.customer_id) ?? change.user.email ?? change.user.id, what: whatText(change.consent) });
    on(slot(line, 'customer').parentElement ?? element('p'), 'click', () => this.page.open(change));
    return line;
  }
}
