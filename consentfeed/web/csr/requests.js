// The rights requests of the queue: pages of them, what is due first; kept right by events.

import { get, parameters } from '../shared/api.js';
import { isOpen, isOverdue } from '../shared/due.js';
import { Rows } from './rows.js';
import { selfId } from './words.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */
/** isNew: it has just come. @typedef {RightsRequest & {customer: import('./list.js').Customer, isNew?: boolean}} RequestRow */
/** @typedef {import('./views.js').Queue} Queue */

const PAGE = 200;
const OPEN = ['received', 'acknowledged', 'in-progress', 'waiting-for-customer', 'extended'];
// So many that have come together are shown when the reader asks for them.
const MAX_READ = 20;
const MAX_FRESH = 1000;
const TOGETHER_MS = 50;

/** @extends {Rows<RequestRow>} */
export class RequestList extends Rows {
  /** @type {Queue} */
  queue = 'open';
  /** @type {import('./views.js').Counts | null} */
  counts = null;
  /** What colleagues are called. @type {Map<string, string>} */
  names = new Map();
  /** Of those that are not shown, though they belong here. @type {Set<string>} */
  fresh = new Set();
  /** Those to be read. @type {Set<string>} */
  #coming = new Set();
  #timer = 0;

  /** Whether somebody is looking at the rows: nothing moves then. @type {() => boolean} */
  isLookedAt = () => false;

  /** @param {(id: string | null) => void} onChange */
  constructor(onChange) {
    super('requests', onChange);
  }

  /** Reads the first page; the position where it stands, or null. @param {Queue} queue */
  load(queue) {
    this.queue = queue;
    this.#coming.clear();
    return this.read(`/rights-requests?${parameters({ ...filter(queue), limit: PAGE })}`);
  }

  /** @override @param {{accounts?: Record<string, string>, counts?: import('./views.js').Counts}} page */
  take({ accounts = {}, counts }) {
    for (const [id, name] of Object.entries(accounts)) this.names.set(id, name);
    this.counts = counts ?? this.counts;
  }

  /** @override @param {RequestRow[]} rows @param {any} page */
  start(rows, page) {
    this.fresh.clear();
    super.start(rows, page);
  }

  /** @override @param {RequestRow} row */
  add(row) {
    this.fresh.delete(row.id);
  }

  /** @override @param {RequestRow} row */
  repeat(row) {
    this.apply(row);
  }

  /** Takes a request as it is now: its row keeps its place; one that is new here gets one. @param {RightsRequest} request */
  apply(request) {
    const index = this.indexOf(request.id);
    if (index < 0) return this.#come(request);
    const row = this.rows[index];
    if (request.version <= row.version) return;
    this.rows[index] = { ...row, ...request };
    if (request.assigned_to && !this.names.has(request.assigned_to)) this.#come(request);
    this.onChange(request.id);
  }

  /** Takes a customer as they are called now. @param {import('./list.js').Customer} customer */
  rename(customer) {
    this.rows.forEach((row, index) => {
      if (row.customer_id !== customer.id) return;
      this.rows[index] = { ...row, customer };
      this.onChange(row.id);
    });
  }

  /** @param {RightsRequest} request */
  #come(request) {
    if (this.phase !== 'ready' || !fits(request, this.queue) || this.#isBelow(request)) return;
    this.#coming.add(request.id);
    if (!this.#timer) this.#timer = window.setTimeout(() => this.#readComing(), TOGETHER_MS);
  }

  /** Whether it has its place on a page that is not read yet. @param {RightsRequest} request */
  #isBelow({ due_at }) {
    const last = this.rows.at(-1);
    return !this.complete && last !== undefined && due_at > last.due_at;
  }

  async #readComing() {
    this.#timer = 0;
    const [ids, run] = [[...this.#coming], this.run];
    this.#coming.clear();
    if (ids.length > MAX_READ || this.isLookedAt()) return this.#wait(ids);
    for (const id of ids) {
      const answer = await get(`/rights-requests/${id}`).catch(() => null); // it is there after a refresh
      if (run !== this.run) return;
      if (answer) this.#put(answer.data);
    }
  }

  /** @param {string[]} ids */
  #wait(ids) {
    for (const id of ids) if (this.indexOf(id) < 0 && this.fresh.size < MAX_FRESH) this.fresh.add(id);
    this.onChange(null);
  }

  /** @param {RequestRow & {accounts: Record<string, string>}} row */
  #put({ accounts, ...row }) {
    this.take({ accounts });
    if (this.indexOf(row.id) >= 0) return this.onChange(row.id);
    const place = this.rows.findIndex((other) => isAfter(other, row));
    this.insert({ ...row, isNew: true }, place < 0 ? this.rows.length : place);
  }
}

/** @param {RequestRow} one @param {RequestRow} other */
const isAfter = (one, other) => one.due_at > other.due_at || (one.due_at === other.due_at && one.id > other.id);

/** @param {Queue} queue */
function filter(queue) {
  return { status: OPEN, assigned_to: { mine: 'me', unassigned: 'nobody', open: '', overdue: '' }[queue], overdue: queue === 'overdue' ? 'true' : '' };
}

/** @param {RightsRequest} request @param {Queue} queue */
function fits(request, queue) {
  if (!isOpen(request)) return false;
  if (queue === 'mine') return request.assigned_to === selfId();
  if (queue === 'unassigned') return request.assigned_to === null;
  return queue === 'open' || isOverdue(request);
}
