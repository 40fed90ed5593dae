// What is loaded: pages of consents in the server's order, kept right by events. Knows nothing of the screen.

import { get } from '../shared/api.js';

const PAGE = 200;
const FRESH = 1000;
const MOST = 10_000;

/** @typedef {{id: string, name: string | null, email: string | null, msisdn: string | null}} Customer */
/** @typedef {{key: string, version: number, language: string, sha256: string}} BoundNotice */
/** @typedef {{id: string, customer_id: string, purpose: string, channel: string, status: string, version: number,
 *   notice: BoundNotice | null, expires_at: string | null, updated_at: string}} Consent */
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
  #found = null;
  /** @type {Map<string, Customer>} */
  #customers = new Map();
  /** @type {Map<string, number>} */
  #at = new Map();
  #run = 0;
  #loadingMore = false;

  /** @param {(id: string | null) => void} changed one row has, or null: anything else */
  constructor(changed) {
    this.#changed = changed;
  }

  /** @type {(id: string | null) => void} */
  #changed;

  /** Whether nothing more comes by scrolling. */
  get complete() {
    return this.next === null || this.rows.length >= MOST;
  }

  /** @param {string} id */
  indexOf(id) {
    return this.#at.get(id) ?? -1;
  }

  /** Reads the first page. The place in the feed where it stands, or null where it failed or another load overtook it.
   * @param {Query} query @returns {Promise<string | null>} */
  async load(query) {
    const run = ++this.#run;
    const same = path(query, null) === path(this.query, null);
    this.query = query;
    this.phase = 'loading';
    this.#changed(null);
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
    this.#at = new Map(this.rows.map((row, index) => [row.id, index]));
    this.#customers = new Map(this.rows.map((row) => [row.customer_id, row.customer]));
    this.next = page.next;
    this.fresh.clear();
    this.#found = null;
    this.loadedAt = Date.now();
    this.phase = 'ready';
    this.problem = null;
    this.#changed(null);
  }

  /** What was there stays only where it answers the same question. @param {any} error @param {boolean} same */
  #fail(error, same) {
    this.phase = 'error';
    this.problem = error;
    if (!same) (this.rows = []), this.#at.clear();
    this.#changed(null);
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
      if (this.#at.has(row.id)) this.apply(row);
      else this.#at.set(row.id, this.rows.push(row) - 1);
    }
    this.next = page.next;
    this.#changed(null);
  }

  /** Takes a consent as it is now; older than what is held, it is passed over. @param {Consent} consent */
  apply(consent) {
    const index = this.#at.get(consent.id);
    if (index === undefined) return this.#count(consent);
    const held = this.rows[index];
    if (consent.version <= held.version) return;
    this.rows[index] = { ...held, ...consent };
    this.#changed(consent.id);
  }

  /** The customer, where one of the rows names it. @param {string} id */
  customer(id) {
    return this.#customers.get(id) ?? null;
  }

  /** Whether a refresh would show this one, as far as can be told. @param {Consent} consent */
  async #count(consent) {
    const { query } = this;
    // Sorted otherwise, it has its place further down, where it is found by scrolling.
    if (query.sort !== '-updated_at' && this.next !== null) return;
    if (FILTERS.some((name) => query[name] && query[name] !== consent[name])) return;
    const run = this.#run;
    if (query.q && !(await this.#finds(query.q)).has(consent.customer_id)) return;
    if (run !== this.#run || this.#at.has(consent.id)) return;
    if (this.fresh.size >= FRESH) return; // else it would grow as long as nobody looks
    this.fresh.add(consent.id);
    this.#changed(null);
  }

  /** @param {string} q */
  #finds(q) {
    this.#found ??= get(`/customers?${new URLSearchParams({ q, limit: '1000' })}`).then(
      ({ data }) => new Set(data.customers.map((/** @type {Customer} */ customer) => customer.id)),
      () => ((this.#found = null), new Set()),
    );
    return this.#found;
  }
}

/** @param {Query} query @param {string | null} cursor */
function path(query, cursor) {
  const asked = new URLSearchParams(Object.entries({ ...query, cursor: cursor ?? '', limit: String(PAGE) }).filter(([, value]) => value));
  return `/consents?${asked}`;
}
