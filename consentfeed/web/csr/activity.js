// Live activity: the newest changes, newest first, and on demand those before. While somebody reads it, what comes waits.

import { get, parameters } from '../shared/api.js';
import { byId, on } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { clockText } from '../shared/time.js';
import { activityLine } from './activity-line.js';
import { Bell } from './bell.js';
import { isTold } from './change.js';
import { isSelf } from './words.js';

const MAX_LINES = 100;
const PAGE = 50;

/** @typedef {import('./list.js').Consent} Consent */
/** customer, request, preferences: in place of consent, where the customer's own details changed, a request, or how they want to be
 * contacted.
 * @typedef {{type: string, consent: Consent, customer?: {id: string, version: number, changed?: string[]},
 *   request?: import('../shared/due.js').RightsRequest, preferences?: {customer_id: string, version: number, changed: string[]}, timestamp: string, user: {id: string, email: string | null},
 *   actor: {kind: string, id: string}, method: string,
 *   reason: {code: string | null, text: string | null, reference: string | null} | null}} Change */
/** @typedef {{id: string, event: string, data: any}} Message */
/** @typedef {{event: (message: Message) => void, reset: (reason: string) => void}} Handlers */
/** @typedef {{subscribe: (position: string, handlers: Handlers) => {close: () => void}}} Feed */

export class Activity {
  #panel = byId('activity');
  #lines = byId('activity-lines');
  #queue = /** @type {Message[]} */ ([]);
  #freshButton = byId('activity-fresh');
  #earlier = byId('activity-earlier');
  #bell = new Bell(this.#panel);
  #frame = 0;
  /** Events before this one are not here; null: it is the first of all. @type {string | null | undefined} */
  #first = undefined;
  /** How many were read back: as many more lines stay. */
  #read = 0;
  #reading = false;

  /** @param {import('./activity-line.js').Page} page */
  constructor(page) {
    this.page = page;
    byId('activity-empty').textContent = t('csr.activity-empty', { time: clockText(new Date()) });
    on(this.#lines, 'mouseleave', () => this.#draw());
    on(this.#panel, 'focusout', () => this.#draw());
    on(this.#freshButton, 'click', () => this.#show());
    on(this.#earlier, 'click', () => this.#readBack());
    // Once it was asked for, the end of the list asks by itself.
    new IntersectionObserver(([{ isIntersecting }]) => isIntersecting && this.#read && this.#readBack()).observe(this.#earlier);
  }

  /** @param {Message} message */
  add(message) {
    this.#queue.push(message);
    if (this.#queue.length > MAX_LINES) this.#queue.shift();
    if (!isSelf(message.data.actor)) this.#bell.ring();
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
    this.#lines.prepend(...this.#made(this.#queue).reverse());
    this.#queue = [];
    if (this.#read) return; // what was read back stays
    while (this.#lines.childElementCount > MAX_LINES) this.#lines.lastElementChild?.remove();
    this.#first = /** @type {HTMLElement} */ (this.#lines.lastElementChild).dataset.event;
  }

  /** Lines for what is not there yet: the feed may bring what is being read back. @param {Message[]} messages */
  #made(messages) {
    const isNew = (/** @type {Message} */ { id, data }) => isTold(data) && !this.#lines.querySelector(`[data-event="${id}"]`);
    return messages.filter(isNew).map(({ id, data }) => {
      const line = activityLine(data, this.page);
      line.dataset.event = id;
      return line;
    });
  }

  async #readBack() {
    if (this.#reading || this.#first === null) return;
    this.#reading = true;
    this.#show(); // what waits is newer
    try {
      const { data } = await get(`/history?${parameters({ limit: PAGE, cursor: this.#first ?? null })}`);
      partRead(this.#earlier);
      byId('activity-problem').textContent = '';
      this.#append(data);
    } catch (error) {
      byId('activity-problem').textContent = problemText(error);
      partFailed(this.#earlier, () => this.#readBack(), /** @type {any} */ (error).retryAfter);
    } finally {
      this.#reading = false;
    }
  }

  /** @param {{events: Message[], next: string | null}} page */
  #append({ events, next }) {
    const lines = this.#made(events);
    this.#read += lines.length;
    this.#first = next;
    byId('activity-empty').hidden = this.#lines.childElementCount + lines.length > 0;
    this.#lines.append(...lines);
    this.#earlier.hidden = next === null;
  }
}
