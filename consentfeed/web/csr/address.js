// What of the dashboard is in the address: whose card is open, the filters and the order. Ids and keys alone: no name, and not what
// was searched for.

import { on } from '../shared/dom.js';

const CARD = /^#customer\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=$|\?)/;

/** @typedef {Record<string, string>} Filters those that are not as usual, by name */
/** Where the browser has gone, by its buttons or a link: filters are null where they stay as they are.
 * @typedef {(customer: string | null, filters: Filters | null) => void} OnMove */

/** The card's own address. @param {string} customer */
export const cardLink = (customer) => `${location.origin}/csr#customer/${customer}`;

export class Address {
  customer = customerIn(location.hash);
  filters = filtersIn(location.hash);
  #onMove;
  /** Between history.back() and its end nothing may be written: it would be the wrong entry. */
  #returning = false;

  /** @param {OnMove} onMove */
  constructor(onMove) {
    this.#onMove = onMove;
    on(window, 'popstate', () => this.#move());
  }

  /** A card was opened: an entry of its own, so that Back closes it; or another one in its place. @param {string} customer */
  open(customer) {
    if (customer === this.customer) return;
    const isNew = this.customer === null;
    this.customer = customer;
    this.#write(isNew);
  }

  /** The card was closed: back to where it was opened from, where that was here. */
  close() {
    if (this.customer === null) return;
    this.customer = null;
    if (this.#returning) return;
    if (!history.state?.opened) return this.#write(false);
    this.#returning = true;
    history.back();
  }

  /** @param {Filters} filters */
  filter(filters) {
    this.filters = filters;
    this.#write(false);
  }

  /** @param {boolean} opened whether a card was, which makes an entry */
  #write(opened) {
    if (this.#returning) return;
    const text = String(new URLSearchParams(this.filters));
    const hash = `${this.customer ? `customer/${this.customer}` : ''}${text && `?${text}`}`;
    const url = location.pathname + (hash && `#${hash}`);
    const state = { own: true, opened: opened || Boolean(history.state?.opened && this.customer) };
    if (opened) history.pushState(state, '', url);
    else history.replaceState(state, '', url);
  }

  #move() {
    if (this.#returning) {
      this.#returning = false;
      return this.#write(this.customer !== null); // what was opened meanwhile
    }
    this.customer = customerIn(location.hash);
    const isLink = !history.state?.own;
    if (isLink) this.filters = filtersIn(location.hash);
    this.#write(false);
    this.#onMove(this.customer, isLink ? this.filters : null);
  }
}

/** @param {string} hash */
const customerIn = (hash) => CARD.exec(hash)?.[1] ?? null;

/** @param {string} hash @returns {Filters} */
const filtersIn = (hash) => Object.fromEntries(new URLSearchParams(hash.split('?')[1] ?? ''));
