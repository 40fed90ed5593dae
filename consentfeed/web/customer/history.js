// A customer's own events, newest first: read page by page, and added to by the feed.

import { get } from '../shared/api.js';

/** @typedef {import('./consents.js').Change} Change */
/** @typedef {{id: string, data: Change}} Message */

const ORIGIN = '0-00000000';

export class History {
  /** @type {Map<string, Message>} by consent and version, so that what comes twice counts once */
  #held = new Map();
  #place = ORIGIN;
  #get;
  /** Whether all of it has been read once. */
  complete = false;
  /** @type {Promise<void> | null} */
  #reading = null;

  /** @param {(path: string) => Promise<{data: any}>} [read] for tests */
  constructor(read = get) {
    this.#get = read;
  }

  /** Reads on from where it last came to, to the end. @returns {Promise<void>} */
  read() {
    this.#reading ??= this.#pages().finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #pages() {
    for (let more = true; more; ) {
      const { data } = await this.#get(`/events?after=${this.#place}&limit=1000`);
      for (const message of data.events) this.add(message);
      this.#place = data.next;
      more = data.more;
    }
    this.complete = true;
  }

  /** @param {Message} message */
  add(message) {
    if (!message.data.consent) return;
    const name = `${message.data.consent.id} ${message.data.consent.version}`;
    if (!this.#held.has(name)) this.#held.set(name, message);
  }

  /** Newest first; of the same moment, the one that came last. @returns {Change[]} */
  list() {
    const changes = [...this.#held.values()].map(({ data }) => data).reverse();
    return changes.sort((a, b) => (a.timestamp === b.timestamp ? versions(a, b) : a.timestamp < b.timestamp ? 1 : -1));
  }
}

/** @param {Change} a @param {Change} b */
const versions = (a, b) => (a.consent.id === b.consent.id ? b.consent.version - a.consent.version : 0);
