// A customer's own events, newest first: read page by page, and added to by the feed.

import { get } from '../shared/api.js';

/** @typedef {import('./consents.js').Change} Change */
/** @typedef {{id: string, data: Change}} Message */

const ORIGIN = '0-00000000';

export class History {
  /** @type {Map<string, Message>} by consent and version, so that what comes twice counts once */
  #messages = new Map();
  #position = ORIGIN;
  #get;
  /** Whether all of it has been read once. */
  complete = false;
  /** Of the reading that goes on. @type {Promise<void> | null} */
  #promise = null;

  /** @param {(path: string) => Promise<{data: any}>} [getPage] for tests */
  constructor(getPage = get) {
    this.#get = getPage;
  }

  /** Reads on from where it last came to, to the end. @returns {Promise<void>} */
  read() {
    this.#promise ??= this.#pages().finally(() => (this.#promise = null));
    return this.#promise;
  }

  async #pages() {
    for (let more = true; more; ) {
      const { data } = await this.#get(`/events?after=${this.#position}&limit=1000`);
      for (const message of data.events) this.add(message);
      this.#position = data.next;
      more = data.more;
    }
    this.complete = true;
  }

  /** @param {Message} message */
  add(message) {
    if (!message.data.consent) return;
    const name = `${message.data.consent.id} ${message.data.consent.version}`;
    if (!this.#messages.has(name)) this.#messages.set(name, message);
  }

  /** Newest first; of the same moment, the one that came last. @returns {Change[]} */
  list() {
    const changes = [...this.#messages.values()].map(({ data }) => data).reverse();
    return changes.sort((a, b) => (a.timestamp === b.timestamp ? versions(a, b) : a.timestamp < b.timestamp ? 1 : -1));
  }
}

/** @param {Change} a @param {Change} b */
const versions = (a, b) => (a.consent.id === b.consent.id ? b.consent.version - a.consent.version : 0);
