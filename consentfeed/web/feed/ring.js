// The newest part of the line: places in order, each with the event that led to it, if one did.

/** @typedef {import('./source.js').Message} Message */

export class Ring {
  /** @type {{place: string, message: Message | null}[]} */
  #entries = [];
  /** The number of each place; numbers never begin anew. @type {Map<string, number>} */
  #numbers = new Map();
  #dropped = 0;
  #size;

  /** @param {number} size */
  constructor(size) {
    this.#size = size;
  }

  /** The newest place. @returns {string | null} */
  get place() {
    return this.#entries.at(-1)?.place ?? null;
  }

  /** @param {string} place @param {Message | null} [message] */
  push(place, message = null) {
    if (!message && place === this.place) return;
    this.#numbers.set(place, this.#dropped + this.#entries.push({ place, message }));
    if (this.#entries.length > this.#size * 1.25) this.#trim();
  }

  /** The events after a place, or null where it is not here. @param {string} place @returns {Message[] | null} */
  after(place) {
    const number = this.#numbers.get(place);
    if (number === undefined) return null;
    return this.#entries.slice(number - this.#dropped).flatMap(({ message }) => message ?? []);
  }

  /** Begins anew at a place, null: not known yet. @param {string | null} place */
  restart(place) {
    this.#entries = [];
    this.#numbers.clear();
    if (place) this.push(place);
  }

  /** Many at a time, so that the list is not moved for each. */
  #trim() {
    const gone = this.#entries.splice(0, this.#entries.length - this.#size);
    this.#dropped += gone.length;
    for (const { place } of gone) {
      if (/** @type {number} */ (this.#numbers.get(place)) <= this.#dropped) this.#numbers.delete(place);
    }
  }
}
