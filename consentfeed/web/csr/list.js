// The consents of the list: pages of them, kept right by events.

import { parameters } from '../shared/api.js';
import { Rows } from './rows.js';

const PAGE = 200;
const MAX_FRESH = 1000;

/** @typedef {{id: string, name: string | null, email: string | null, msisdn: string | null, reference?: string | null, language?: string | null, email_changed_at?: string | null,
 *   msisdn_changed_at?: string | null, erased_at?: string | null, shared?: string[]}} Customer */
/** @typedef {{key: string, version: number, language: string, sha256: string}} BoundNotice */
/** @typedef {{id: string, customer_id: string, purpose: string, channel: string, status: string, version: number,
 *   notice: BoundNotice | null, granted_at: string | null, revoked_at: string | null, expires_at: string | null, updated_at: string}} Consent */
/** @typedef {Consent & {customer: Customer}} Row */
/** since, until: moments that are part of it. @typedef {{purpose: string, channel: string, status: string, sort: string, since: string, until: string}} Query */

const FILTERS = /** @type {const} */ (['purpose', 'channel']);
const DECIDED = ['granted', 'revoked', 'expired'];
/** A choice that is not a status, but a query. */
const CHOICES = /** @type {Record<string, string[]>} */ ({ '': DECIDED, any: [...DECIDED, 'pending'] });

/** @type {Query} */
export const EVERYTHING = { purpose: '', channel: '', status: '', sort: '-updated_at', since: '', until: '' };

/** @extends {Rows<Row>} */
export class ConsentList extends Rows {
  query = EVERYTHING;
  /** Consents that have changed and are not loaded. @type {Set<string>} */
  fresh = new Set();
  /** @type {Map<string, Customer>} */
  #customers = new Map();

  /** @param {(id: string | null) => void} onChange with the id of one row, or null: anything else */
  constructor(onChange) {
    super('consents', onChange);
  }

  /** Reads the first page. The position in the feed where it stands, or null where it failed or another load overtook it.
   * @param {Query} query */
  load(query) {
    this.query = query;
    return this.read(path(query));
  }

  /** @override @param {Row[]} rows @param {any} page */
  start(rows, page) {
    this.#customers = new Map(rows.map((row) => [row.customer_id, row.customer]));
    this.fresh.clear();
    super.start(rows, page);
  }

  /** @override @param {Row} row */
  add(row) {
    this.fresh.delete(row.id);
    this.#customers.set(row.customer_id, row.customer);
  }

  /** @override @param {Row} row */
  repeat(row) {
    this.apply(row);
  }

  /** Takes a consent as it is now; older than the one that is here, it is passed over. @param {Consent} consent */
  apply(consent) {
    const index = this.indexOf(consent.id);
    if (index < 0) return this.#count(consent);
    const row = this.rows[index];
    if (consent.version <= row.version) return;
    this.rows[index] = { ...row, ...consent };
    this.onChange(consent.id);
  }

  /** All who are named by a row. */
  get customers() {
    return [...this.#customers.values()];
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
      this.onChange(row.id);
    });
  }

  /** Whether a refresh would show this one, as far as can be told. @param {Consent} consent */
  #count(consent) {
    const { query } = this;
    // Sorted otherwise, it has its place further down, where it is found by scrolling.
    if (query.sort !== '-updated_at' && this.next !== null) return;
    if (FILTERS.some((name) => query[name] && query[name] !== consent[name])) return;
    if (!statuses(query).includes(consent.status)) return;
    if ((query.since && consent.updated_at <= query.since) || (query.until && consent.updated_at >= query.until)) return;
    if (this.fresh.size >= MAX_FRESH) return; // else it would grow as long as nobody looks
    this.fresh.add(consent.id);
    this.onChange(null);
  }
}

/** @param {Query} query */
function path(query) {
  const { purpose, channel, status, sort, since, until } = query;
  const statusesOrAny = status === 'any' ? null : statuses(query);
  return `/consents?${parameters({ purpose, channel, status: statusesOrAny, sort, updated_after: since, updated_before: until, limit: PAGE })}`;
}

/** Those that a choice stands for; who was not asked yet is not among the decisions. @param {Query} query */
const statuses = ({ status }) => CHOICES[status] ?? [status];
