// The newest events of the upstream: positions in order, each with the event that led to it, if one did.

/** @typedef {import('./source.js').Message} Message */

export class Ring {
  /** @type {{position: string, message: Message | null}[]} */
  #entries = [];
  /** The number of each position; numbers never begin anew. @type {Map<string, number>} */
  #numbers = new Map();
  #dropped = 0;
  #size;

  /** @param {number} size */
  constructor(size) {
    this.#size = size;
  }

  /** The newest position. @returns {string | null} */
  get position() {
    return this.#entries.at(-1)?.position ?? null;
  }

  /** @param {string} position @param {Message | null} [message] */
  push(position, message = null) {
    if (!message && position === this.position) return;
    this.#numbers.set(position, this.#dropped + this.#entries.push({ position, message }));
    if (this.#entries.length > this.#size * 1.25) this.#trim();
  }

  /** The events after a position, or null where it is not here. @param {string} position @returns {Message[] | null} */
  after(position) {
    const number = this.#numbers.get(position);
    if (number === undefined) return null;
    return this.#entries.slice(number - this.#dropped).flatMap(({ message }) => message ?? []);
  }

  /** Begins anew at a position, null: not known yet. @param {string | null} position */
  restart(position) {
    this.#entries = [];
    this.#numbers.clear();
    if (position) this.push(position);
  }

  /** Many at a time, so that the list is not moved for each. */
  #trim() {
    const oldest = this.#entries.splice(0, this.#entries.length - this.#size);
    this.#dropped += oldest.length;
    for (const { position } of oldest) {
      if (/** @type {number} */ (this.#numbers.get(position)) <= this.#dropped) this.#numbers.delete(position);
    }
  }
}
