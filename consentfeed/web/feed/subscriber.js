// One reader of the line, brought from its own place to where the line is: every event after that place, once, in order.

import { backOff } from './source.js';

/** @typedef {import('./source.js').Message} Message */
/** place: where it begins, for one that begins now.
 * @typedef {{event: (message: Message) => void, place: (place: string) => void, reset: (reason: string) => void,
 *   signedOut: () => void}} Reader */

const MOST_SECONDS = 5; // somebody waits for this one

export class Subscriber {
  #options;
  #ring;
  #source;
  #reader;
  /** What it stands at: ids of the same place, as far as its events go. None: it begins where the line is.
   * @type {string[]} */
  #places;
  #joined = false;
  #ended = false;
  #moves = 0;
  #ending = new AbortController();
  #wake = () => {};
  #overdue = false;

  /** @param {import('./ring.js').Ring} ring @param {import('./source.js').Source} source @param {string | null} place
   * @param {Reader} reader @param {{retrySeconds: number, random: () => number}} options */
  constructor(ring, source, place, reader, options) {
    this.#options = options;
    this.#ring = ring;
    this.#source = source;
    this.#reader = reader;
    this.#places = place ? [place] : [];
  }

  /** The line has moved to a place, with this event or without one. @param {string} place @param {Message | null} message */
  moved(place, message) {
    this.#moves += 1;
    if (this.#joined) message && this.#reader.event(message);
    else if (this.#overdue || !this.#places.length || this.#places.includes(place)) this.#wake();
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
    this.#ending.abort();
    this.#wake();
  }

  /** Reads pages until its place is one that the line has passed. */
  async begin() {
    for (let failures = 0; !this.#ended && !this.#join(); ) {
      const moves = this.#moves;
      try {
        const more = this.#places.length > 0 && (await this.#readPage());
        failures = 0;
        if (!more && !this.#ended && !this.#join()) await this.#wait(moves);
      } catch (error) {
        const { lost, reason, signedOut, retryAfter } = /** @type {Partial<import('./source.js').Failure>} */ (error);
        if (this.#ended) return;
        if (lost) return this.reset(reason ?? 'unknown');
        if (signedOut) return this.#reader.signedOut();
        await this.#sleep((retryAfter ?? 0) + backOff(++failures, this.#options.retrySeconds, MOST_SECONDS, this.#options.random));
      }
    }
  }

  /** Goes on with the line, if it has been here. */
  #join() {
    if (this.#joined) return true;
    if (!this.#places.length && this.#ring.place) {
      this.#reader.place(this.#ring.place);
      return (this.#joined = true);
    }
    for (const place of this.#places) {
      const events = this.#ring.after(place);
      if (!events) continue;
      for (const message of events) this.#reader.event(message);
      return (this.#joined = true);
    }
    return false;
  }

  /** Whether there is another one. */
  async #readPage() {
    const { events, next, more } = await this.#source.page(/** @type {string} */ (this.#places.at(-1)), this.#ending.signal);
    if (this.#ended) return false;
    for (const message of events) this.#reader.event(message);
    // With a filter the line may never be at `next` itself, which can be the id of an event left out.
    this.#places = [events.at(-1)?.id ?? this.#places[0], next];
    return more;
  }

  /** The line is behind this reader: until it comes here; or moves at all, after a second: then a page tells more.
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
