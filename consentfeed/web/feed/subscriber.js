// One subscription: its reader gets every event after its own position, once, in order; first from pages, and then from the
// upstream connection that all share.

import { backOff } from './source.js';

/** @typedef {import('./source.js').Message} Message */
/** position: where it begins, for one that begins now.
 * @typedef {{event: (message: Message) => void, position: (position: string) => void, reset: (reason: string) => void,
 *   signedOut: () => void}} Reader */

const MAX_SECONDS = 5; // somebody waits for this one

export class Subscriber {
  #options;
  #ring;
  #source;
  #reader;
  /** Where it is: ids of the same position, as far as its events go. None: it begins where the upstream is.
   * @type {string[]} */
  #positions;
  #joined = false;
  #ended = false;
  #moves = 0;
  #controller = new AbortController();
  #wake = () => {};
  #overdue = false;

  /** @param {import('./ring.js').Ring} ring @param {import('./source.js').Source} source @param {string | null} position
   * @param {Reader} reader @param {{retrySeconds: number, random: () => number}} options */
  constructor(ring, source, position, reader, options) {
    this.#options = options;
    this.#ring = ring;
    this.#source = source;
    this.#reader = reader;
    this.#positions = position ? [position] : [];
  }

  /** The upstream has come to a position, with this event or without one. @param {string} position @param {Message | null} message */
  advance(position, message) {
    this.#moves += 1;
    if (this.#joined) message && this.#reader.event(message);
    else if (this.#overdue || !this.#positions.length || this.#positions.includes(position)) this.#wake();
  }

  /** @param {string} reason */
  reset(reason) {
    if (this.#ended) return;
    this.end();
    this.#reader.reset(reason);
  }

  end() {
    this.#ended = true;
    this.#joined = false;
    this.#controller.abort();
    this.#wake();
  }

  /** Reads pages until its position is one that the upstream has passed. */
  async begin() {
    for (let failures = 0; !this.#ended && !this.#join(); ) {
      const moves = this.#moves;
      try {
        const more = this.#positions.length > 0 && (await this.#readPage());
        failures = 0;
        if (!more && !this.#ended && !this.#join()) await this.#wait(moves);
      } catch (error) {
        const { lost, reason, signedOut, retryAfter } = /** @type {Partial<import('./source.js').Failure>} */ (error);
        if (this.#ended) return;
        if (lost) return this.reset(reason ?? 'unknown');
        if (signedOut) return this.#reader.signedOut();
        await this.#sleep((retryAfter ?? 0) + backOff(++failures, this.#options.retrySeconds, MAX_SECONDS, this.#options.random));
      }
    }
  }

  /** Goes on with the upstream, if that has been here. */
  #join() {
    if (this.#joined) return true;
    if (!this.#positions.length && this.#ring.position) {
      this.#reader.position(this.#ring.position);
      return (this.#joined = true);
    }
    for (const position of this.#positions) {
      const events = this.#ring.after(position);
      if (!events) continue;
      for (const message of events) this.#reader.event(message);
      return (this.#joined = true);
    }
    return false;
  }

  /** Whether there is another one. */
  async #readPage() {
    const { events, next, more } = await this.#source.page(/** @type {string} */ (this.#positions.at(-1)), this.#controller.signal);
    if (this.#ended) return false;
    for (const message of events) this.#reader.event(message);
    // With a filter the upstream may never be at `next` itself, which can be the id of an event left out.
    this.#positions = [events.at(-1)?.id ?? this.#positions[0], next];
    return more;
  }

  /** Waits for the upstream, which is behind: until it comes here; or, after a second, until it moves at all: then a page tells more.
   * @param {number} moves what it had moved before the last page was asked for @returns {Promise<void>} */
  #wait(moves) {
    return new Promise((resolve) => {
      const timer = setTimeout(() => {
        this.#overdue = true;
        if (this.#moves > moves) this.#wake();
      }, 1000);
      this.#wake = () => {
        clearTimeout(timer);
        this.#overdue = false;
        resolve();
      };
    });
  }

  /** @param {number} seconds @returns {Promise<void>} */
  #sleep(seconds) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, seconds * 1000);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }
}
