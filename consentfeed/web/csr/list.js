// What is loaded: pages of consents in the server's order, kept right by events. Knows nothing of the screen.

import { get, parameters } from '../shared/api.js';

const PAGE = 200;
const MAX_FRESH = 1000;
const MAX_ROWS = 10_000;

/** @typedef {{id: string, name: string | null, email: string | null, msisdn: string | null, language?: string | null, email_changed_at?: string | null,
 *   msisdn_changed_at?: string | null, shared?: string[]}} Customer */
/** @typedef {{key: string, version: number, language: string, sha256: string}} BoundNotice */
/** @typedef {{id: string, customer_id: string, purpose: string, channel: string, status: string, version: number,
 *   notice: BoundNotice | null, granted_at: string | null, expires_at: string | null, updated_at: string}} Consent */
/** @typedef {Consent & {customer: Customer}} Row */
/** @typedef {{q: string, purpose: string, channel: string, status: string, sort: string}} Query */

const FILTERS = /** @type {const} */ (['purpose', 'channel', 'status']);

/** @type {Query} */
export const EVERYTHING = { q: '', purpose: '', channel: '', status: '', sort: '-updated_at' };

export class ConsentList {
  /** @type {Row[]} */
  rows = [];
  /** @type {'loading' | 'ready' | 'error'} */
  phase = 'loading';
  /** @type {import('../shared/api.js').ApiError | null} */
  problem = null;
  /** What the server gives the next page for; null: everything is loaded. @type {string | null} */
  next = null;
  query = EVERYTHING;
  loadedAt = 0;
  /** Consents that have changed and are not loaded. @type {Set<string>} */
  fresh = new Set();
  /** Whom a search finds, beyond what is loaded; asked for when the first such event comes. @type {Promise<Set<string>> | null} */
  #matches = null;
  /** @type {Map<string, Customer>} */
  #customers = new Map();
  /** @type {Map<string, number>} */
  #indexes = new Map();
  #run = 0;
  #loadingMore = false;

  /** @param {(id: string | null) => void} onChange with the id of one row, or null: anything else */
  constructor(onChange) {
    this.#onChange = onChange;
  }

  /** @type {(id: string | null) => void} */
  #onChange;

  /** Whether nothing more comes by scrolling. */
  get complete() {
    return this.next === null || this.rows.length >= MAX_ROWS;
  }

  /** @param {string} id */
  indexOf(id) {
    return this.#indexes.get(id) ?? -1;
  }

  /** Reads the first page. The position in the feed where it stands, or null where it failed or another load overtook it.
   * @param {Query} query @returns {Promise<string | null>} */
  async load(query) {
    const run = ++this.#run;
    const same = path(query, null) === path(this.query, null);
    this.query = query;
    this.phase = 'loading';
    this.#onChange(null);
    try {
      const answer = await get(path(query, null));
      if (run !== this.#run) return null;
      this.#start(answer.data);
      return answer.position;
    } catch (error) {
      if (run !== this.#run) return null;
      this.#fail(/** @type {any} */ (error), same);
      return null;
    }
  }

  /** @param {{consents: Row[], next: string | null}} page */
  #start(page) {
    this.rows = page.consents;
    this.#indexes = new Map(this.rows.map((row, index) => [row.id, index]));
    this.#customers = new Map(this.rows.map((row) => [row.customer_id, row.customer]));
    this.next = page.next;
    this.fresh.clear();
    this.#matches = null;
    this.loadedAt = Date.now();
    this.phase = 'ready';
    this.problem = null;
    this.#onChange(null);
  }

  /** What was there stays only where it answers the same question. @param {any} error @param {boolean} same */
  #fail(error, same) {
    this.phase = 'error';
    this.problem = error;
    if (!same) (this.rows = []), this.#indexes.clear();
    this.#onChange(null);
  }

  /** Reads the next page, unless it is on its way. */
  async more() {
    if (this.complete || this.#loadingMore || this.phase !== 'ready') return;
    const run = this.#run;
    this.#loadingMore = true;
    try {
      const { data } = await get(path(this.query, this.next));
      if (run === this.#run) this.#append(data);
    } catch (error) {
      if (run === this.#run) this.#fail(error, true);
    } finally {
      this.#loadingMore = false;
    }
  }

  /** @param {{consents: Row[], next: string | null}} page */
  #append(page) {
    for (const row of page.consents) {
      this.fresh.delete(row.id);
      this.#customers.set(row.customer_id, row.customer);
      // Changed since the first page, it may have moved to where this page begins.
      if (this.#indexes.has(row.id)) this.apply(row);
      else this.#indexes.set(row.id, this.rows.push(row) - 1);
    }
    this.next = page.next;
    this.#onChange(null);
  }

  /** Takes a consent as it is now; older than the one that is here, it is passed over. @param {Consent} consent */
  apply(consent) {
    const index = this.#indexes.get(consent.id);
    if (index === undefined) return this.#count(consent);
    const row = this.rows[index];
    if (consent.version <= row.version) return;
    this.rows[index] = { ...row, ...consent };
    this.#onChange(consent.id);
  }

  /** The customer, where one of the rows names it. @param {string} id */
  customer(id) {
    return this.#customers.get(id) ?? null;
  }

  /** Takes a customer as they are called now. @param {Customer} customer */
  rename(customer) {
    if (!this.#customers.has(customer.id)) return;
    this.#customers.set(customer.id, customer);
    this.rows.forEach((row, index) => {
      if (row.customer_id !== customer.id) return;
      this.rows[index] = { ...row, customer };
      this.#onChange(row.id);
    });
  }

  /** Whether a refresh would show this one, as far as can be told. @param {Consent} consent */
  async #count(consent) {
    const { query } = this;
    // Sorted otherwise, it has its place further down, where it is found by scrolling.
    if (query.sort !== '-updated_at' && this.next !== null) return;
    if (FILTERS.some((name) => query[name] && query[name] !== consent[name])) return;
    const run = this.#run;
    if (query.q && !(await this.#search(query.q)).has(consent.customer_id)) return;
    if (run !== this.#run || this.#indexes.has(consent.id)) return;
    if (this.fresh.size >= MAX_FRESH) return; // else it would grow as long as nobody looks
    this.fresh.add(consent.id);
    this.#onChange(null);
  }

  /** @param {string} q */
  #search(q) {
    this.#matches ??= get(`/customers?${new URLSearchParams({ q, limit: '1000' })}`).then(
      ({ data }) => new Set(data.customers.map((/** @type {Customer} */ customer) => customer.id)),
      () => ((this.#matches = null), new Set()),
    );
    return this.#matches;
  }
}

/** @param {Query} query @param {string | null} cursor */
function path(query, cursor) {
  return `/consents?${parameters({ ...query, cursor, limit: PAGE })}`;
}
