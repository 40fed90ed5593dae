// A tab's connection to a host: by the first transport that works, anew when the host has died, and none while the page is kept
// for the back button.

import { openTransport } from './transport.js';

/** @typedef {import('./host.js').Answer} Answer */
/** @typedef {import('./transport.js').Transport} Transport */
/** @typedef {import('./transport.js').TransportName} TransportName */

const TRANSPORTS = /** @type {const} */ (['shared-worker', 'web-locks', 'alone']);
const REOPEN_MS = 1000;

export class Connection {
  #key;
  #options;
  #onAnswer;
  /** In TRANSPORTS, of the one that is tried or used. */
  #index;
  /** @type {Transport | null} */
  #transport = null;
  #joined = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {string} key @param {import('./hub.js').Options} options @param {TransportName} first the transport to try first
   * @param {(answer: Answer) => void} onAnswer */
  constructor(key, options, first, onAnswer) {
    this.#key = key;
    this.#options = options;
    this.#index = TRANSPORTS.indexOf(first);
    this.#onAnswer = onAnswer;
    globalThis.addEventListener?.('pagehide', this.#hide);
    globalThis.addEventListener?.('pageshow', this.#show);
    this.#open();
  }

  get transport() {
    return TRANSPORTS[this.#index];
  }

  /** Sends a request; before the host's "hello" it goes nowhere. @param {import('./host.js').Request} request */
  post(request) {
    if (this.#joined) this.#transport?.post(request);
  }

  /** Leaves this host for one that begins anew. */
  reopen() {
    this.#shut();
    this.#open();
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
    /** @type {Transport | null} */
    let transport = null;
    const onAnswer = (/** @type {Answer} */ answer) => {
      if (this.#transport !== transport) return;
      if (answer.type === 'hello') this.#joined = true;
      this.#onAnswer(answer);
    };
    const onFailure = () => this.#transport === transport && this.#fail();
    try {
      transport = openTransport(this.transport, { key: this.#key, options: this.#options, onAnswer, onFailure });
      this.#transport = transport;
    } catch (error) {
      if (!this.#openNext()) throw error;
    }
  }

  #shut() {
    clearTimeout(this.#timer);
    this.#transport?.close();
    this.#transport = null;
    this.#joined = false;
  }

  /** This transport reaches no host; or it did, and the host has died. */
  #fail() {
    const died = this.#joined;
    this.#shut();
    if (died) this.#timer = setTimeout(() => this.#open(), REOPEN_MS);
    else this.#openNext();
  }

  /** Whether there was another transport to try. */
  #openNext() {
    if (this.#index + 1 === TRANSPORTS.length) return false;
    this.#index += 1;
    this.#open();
    return true;
  }
}
