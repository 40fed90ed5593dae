// The queue of rights requests: its table and counters. What falls due while the page is open shows by itself.

import { get, parameters } from '../shared/api.js';
import { now } from '../shared/clock.js';
import { byId } from '../shared/dom.js';
import { isOpen } from '../shared/due.js';
import { partFailed, partRead } from '../shared/parts.js';
import { RequestList } from './requests.js';
import { makeRequest, writeRequest } from './request-row.js';
import { drawState } from './state.js';
import { Table } from './table.js';
import { chosenQueue, drawCounts } from './views.js';

/** @typedef {import('./requests.js').RequestRow} RequestRow */
/** begin: the queue was read, and stands at that position. @typedef {{open: (row: RequestRow, byKey: boolean) => void,
 *   begin: (position: string) => void}} Page */

const COUNT_MS = 1000;
const LOOK_MS = 1000;
// Midnights are somewhere else for each reader: words of days are looked at so often.
const WORDS_MS = 60_000;
// Nothing was due then: the answer has the counters alone.
const NONE = parameters({ due_before: '1970-01-01T00:00:00Z', limit: 1 });

export class Queue {
  list = new RequestList((id) => this.#changed(id));
  #page;
  #table;
  #drawn = this.list.rows;
  #frame = 0;
  #counting = 0;
  /** When something may look otherwise. */
  #lookAt = 0;

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    const [grid, body] = [byId('queue'), byId('queue-rows')];
    const kind = {
      template: 'queue-line',
      make: (/** @type {RequestRow} */ row, /** @type {boolean} */ selected) => makeRequest(row, selected, this.list.names),
      write: (/** @type {HTMLElement} */ node, /** @type {RequestRow} */ row, /** @type {boolean} */ selected) => writeRequest(node, row, selected, this.list.names),
    };
    this.#table = new Table(grid, body, this.list, kind, { open: page.open, refresh: () => this.refresh() });
    this.list.isLookedAt = () => body.matches(':hover') || body.contains(document.activeElement);
    setInterval(() => this.#look(), LOOK_MS);
  }

  /** What is chosen now. */
  show() {
    if (chosenQueue() !== this.list.queue || !this.list.loadedAt) this.refresh();
    else this.#changed(null);
  }

  /** The same again, as it is now. */
  async refresh() {
    const position = await this.list.load(chosenQueue());
    if (position === null) return;
    drawCounts(this.list.counts);
    this.#page.begin(position);
  }

  /** An event. @param {import('./activity.js').Message} message */
  take({ data: { request } }) {
    if (!request) return;
    if (this.list.loadedAt) this.list.apply(request);
    this.countSoon();
  }

  /** Reads the counters again: those of all that are open, whatever is shown. */
  countSoon() {
    if (!this.#counting) this.#counting = window.setTimeout(() => this.#count(), COUNT_MS);
  }

  async #count() {
    this.#counting = 0;
    await get(`/rights-requests?${NONE}`).then(({ data }) => (this.list.take(data), drawCounts(this.list.counts)), () => {}); // the next event asks again
  }

  /** Marks whose request is shown. @param {string} id */
  select(id) {
    this.#table.select(id);
  }

  focus() {
    this.#table.focus();
  }

  /** The rows as they are, in other words. */
  redraw() {
    this.#table.redraw();
  }

  /** Something may have fallen due since. */
  #look() {
    if (now() < this.#lookAt) return;
    const [before, at] = [this.#lookAt, now()];
    const due = this.list.rows.filter(isOpen).map(({ due_at }) => Date.parse(due_at)).filter((one) => one > at);
    this.#lookAt = Math.min(at + WORDS_MS, ...due.slice(0, 1000));
    this.redraw();
    if (this.list.rows.some(({ due_at }) => Date.parse(due_at) > before - WORDS_MS && Date.parse(due_at) <= at)) this.countSoon();
  }

  /** @param {string | null} id of the row, or null: anything else */
  #changed(id) {
    if (this.list.rows === this.#drawn) this.#table.draw(id);
    else (this.#drawn = this.list.rows), this.#table.restart(), (this.#lookAt = 0);
    const { phase, problem } = this.list;
    if (phase === 'error') partFailed(byId('queue'), () => this.refresh(), problem?.retryAfter);
    else if (phase === 'ready') partRead(byId('queue'));
    if (!id && !this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (!byId('queue').hidden) drawState(this.list, this.list.fresh, 'queue');
  }
}
