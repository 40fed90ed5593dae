// The list in the middle of the page: the consents, or the queue of rights requests; while something is searched for, the customers
// that are found. All are kept right by the feed.

import { get } from '../shared/api.js';
import { byId } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { query, searchText } from './filters.js';
import { FoundCustomers } from './found.js';
import { makeFound, writeFound } from './found-row.js';
import { ConsentList } from './list.js';
import { Queue } from './queue.js';
import { changeRow, makeRow } from './row.js';
import { drawState } from './state.js';
import { Table } from './table.js';
import { isQueue } from './views.js';

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {import('./list.js').Customer} Customer */
/** begin: the list was read, and stands at that position; the same of the queue. @typedef {{open: (customer: string, row: string, focus: boolean) => void,
 *   begin: (position: string) => void, beginQueue: (position: string) => void}} Page */

const RENAME_MS = 500;
const MAX_RENAMED = 20;
// Counts of those found are the server's: read again so long after a change.
const COUNT_MS = 1000;

export class Listing {
  list = new ConsentList((id) => this.#changed(id, false));
  found = new FoundCustomers((id) => this.#changed(id, true), () => this.list.customers);
  queue;
  #page;
  #tables;
  #drawn = [this.list.rows, this.found.rows];
  #frame = 0;
  /** Customers of whom something has changed, until they are read. @type {Set<string>} */
  #renamed = new Set();
  #renaming = 0;
  #counting = 0;
  #filters = '';
  /** Of the search that Enter waits for. @type {Promise<unknown>} */
  #searching = Promise.resolve();

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    const refresh = () => this.refresh();
    this.queue = new Queue({ open: (row, byKey) => page.open(row.customer_id, row.id, byKey), begin: page.beginQueue });
    this.#tables = [
      new Table(byId('grid'), byId('grid-rows'), this.list, { template: 'grid-line', make: makeRow, write: changeRow }, {
        open: (row, byKey) => page.open(row.customer_id, row.id, byKey),
        refresh,
      }),
      new Table(byId('found'), byId('found-rows'), this.found, { template: 'found-line', make: makeFound, write: writeFound }, {
        open: (row, byKey) => page.open(row.id, '', byKey),
        refresh,
      }),
    ];
  }

  /** Whether customers are shown, not consents. */
  get isSearch() {
    return searchText() !== '';
  }

  /** Which of them is shown, by the id of its element. @returns {import('./state.js').Kind} */
  get shown() {
    return this.isSearch ? 'found' : isQueue() ? 'queue' : 'grid';
  }

  /** What the filters and the search say now. */
  show() {
    const { shown } = this;
    for (const id of ['grid', 'found', 'queue']) byId(id).hidden = id !== shown;
    for (const id of ['filters', 'show-filters']) byId(id).dataset.idle = String(shown !== 'grid');
    byId('queues').hidden = shown !== 'queue';
    if (shown === 'queue') return this.queue.show();
    if (this.isSearch) this.#searching = this.found.search(searchText());
    else partRead(byId('found'));
    const filters = JSON.stringify(query());
    if (filters !== this.#filters || !this.list.loadedAt) this.#read(filters);
    else this.#changed(null, this.isSearch);
  }

  /** The same again, as it is now. */
  refresh() {
    if (this.shown === 'queue') return void this.queue.refresh();
    if (this.isSearch) this.#searching = this.found.search(searchText());
    this.#read(JSON.stringify(query()));
  }

  /** @param {string} filters */
  async #read(filters) {
    this.#filters = filters;
    const position = await this.list.load(query());
    if (position !== null) this.#page.begin(position);
  }

  /** Enter in the search: a sole hit is whom one looked for. */
  async enter() {
    await this.#searching;
    const { rows, phase } = this.found;
    if (!this.isSearch || phase === 'loading') return;
    if (rows.length === 1) this.#page.open(rows[0].id, '', true);
    else if (rows.length) this.focus();
  }

  /** @param {import('./activity.js').Message} message */
  take({ data: { consent, customer } }) {
    if (consent) this.list.apply(consent);
    if (consent && !this.#counting && this.found.indexOf(consent.customer_id) >= 0) this.#counting = setTimeout(() => this.#count(), COUNT_MS);
    const id = customer?.id;
    if (id && (this.list.customer(id) || this.found.indexOf(id) >= 0)) this.#renamed.add(id);
    if (this.#renamed.size && !this.#renaming) this.#renaming = setTimeout(() => this.#readNames(), RENAME_MS);
  }

  #count() {
    this.#counting = 0;
    if (this.isSearch) this.found.search(searchText());
  }

  /** Some are called otherwise now, or have another number; where they are many, the whole list is read. */
  async #readNames() {
    this.#renaming = 0;
    const ids = [...this.#renamed];
    this.#renamed.clear();
    if (ids.length > MAX_RENAMED) return this.refresh();
    for (const id of ids) await get(`/customers/${id}`).then(({ data }) => this.rename(data), () => {});
  }

  /** @param {Customer} customer as they are called now */
  rename(customer) {
    this.list.rename(customer);
    this.found.rename(customer);
    this.queue.list.rename(customer);
  }

  /** The customer, where a row names it. @param {string} id @returns {Customer | null} */
  customer(id) {
    const asked = () => this.queue.list.rows.find(({ customer_id }) => customer_id === id)?.customer;
    return this.list.customer(id) ?? this.found.rows[this.found.indexOf(id)] ?? asked() ?? null;
  }

  /** Marks whose card is open. @param {string} customer @param {string} row of a consent, or of a request */
  select(customer, row) {
    this.#tables[0].select(row);
    this.#tables[1].select(customer);
    this.queue.select(row);
  }

  /** Puts the keyboard on the rows that are shown. */
  focus() {
    if (this.shown === 'queue') this.queue.focus();
    else this.#tables[Number(this.isSearch)].focus();
  }

  /** The rows as they are, in other words. */
  redraw() {
    for (const table of [...this.#tables, this.queue]) table.redraw();
  }

  /** @param {string | null} id of the row, or null: anything else @param {boolean} isFound */
  #changed(id, isFound) {
    const at = Number(isFound);
    const rows = isFound ? this.found : this.list;
    if (rows.rows === this.#drawn[at]) this.#tables[at].draw(id);
    else (this.#drawn[at] = rows.rows), this.#tables[at].restart();
    const part = byId(isFound ? 'found' : 'list');
    if (rows.phase === 'error') partFailed(part, () => this.refresh(), rows.problem?.retryAfter);
    else if (rows.phase === 'ready') partRead(part);
    if (!id && !this.#frame) this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (this.shown === 'found') drawState(this.found, null, 'found');
    else if (this.shown === 'grid') drawState(this.list, this.list.fresh, 'grid');
  }
}
