// A tab's connection to a host: by the first way that there is, again when the host has died, and not while the page is hidden away.

import { openLink } from './transport.js';

/** @typedef {import('./transport.js').Way} Way */
/** @typedef {import('./host.js').Request} Request */

const WAYS = /** @type {const} */ (['shared-worker', 'web-locks', 'alone']);
const AGAIN_MS = 1000;

export class Connection {
  #key;
  #options;
  #hear;
  #way;
  /** @type {import('./transport.js').Link | null} */
  #link = null;
  #joined = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} key @param {import('./hub.js').Options} options @param {Way} way the first to try
   * @param {(answer: import('./host.js').Answer) => void} hear */
  constructor(key, options, way, hear) {
    this.#key = key;
    this.#options = options;
    this.#way = WAYS.indexOf(way);
    this.#hear = hear;
    globalThis.addEventListener?.('pagehide', this.#hide);
    globalThis.addEventListener?.('pageshow', this.#show);
    this.#open();
  }

  get way() {
    return WAYS[this.#way];
  }

  /** Says something; nobody hears it before "hello" has come. @param {Request} request */
  post(request) {
    if (this.#joined) this.#link?.post(request);
  }

  close() {
    globalThis.removeEventListener?.('pagehide', this.#hide);
    globalThis.removeEventListener?.('pageshow', this.#show);
    this.#shut();
  }

  // A page that is kept for the back button must not hold a connection, nor be host to others.
  #hide = () => this.#shut();
  #show = (/** @type {Event} */ event) => /** @type {PageTransitionEvent} */ (event).persisted && this.#open();

  #open() {
    /** @type {import('./transport.js').Link | null} */
    let link = null;
    const heard = (/** @type {import('./host.js').Answer} */ answer) => {
      if (this.#link !== link) return;
      if (answer.type === 'hello') this.#joined = true;
      this.#hear(answer);
    };
    const failed = () => this.#link === link && this.#fail();
    try {
      this.#link = link = openLink(this.way, { key: this.#key, options: this.#options, heard, failed });
    } catch (error) {
      if (!this.#another()) throw error;
    }
  }

  #shut() {
    clearTimeout(this.#timer);
    this.#link?.close();
    this.#link = null;
    this.#joined = false;
  }

  /** There is no host by this way; or there was, and it has died. */
  #fail() {
    const died = this.#joined;
    this.#shut();
    if (died) this.#timer = setTimeout(() => this.#open(), AGAIN_MS);
    else this.#another();
  }

  #another() {
    if (this.#way + 1 === WAYS.length) return false;
    this.#way += 1;
    this.#open();
    return true;
  }
}
