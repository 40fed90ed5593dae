// How late events are, though the clocks here and at the server differ.

const BEATS = 8;

export class Clock {
  /** Received minus sent, of the last heartbeats. @type {number[]} */
  #beats = [];

  /** @param {number} received epoch ms here @param {string} time at the server */
  beat(received, time) {
    const sent = Date.parse(time);
    if (Number.isNaN(sent)) return;
    this.#beats.push(received - sent);
    // Few, so that a clock that was set is believed after a while.
    if (this.#beats.length > BEATS) this.#beats.shift();
  }

  /** Seconds from the server to here. Null: not known, or not a delay, since it happened before the stream was opened.
   * @param {number} received @param {string | undefined} time @param {number} openedAt @returns {number | null} */
  delay(received, time, openedAt) {
    const sent = Date.parse(time ?? '') + Math.min(...this.#beats);
    return sent >= openedAt && sent < Infinity ? Math.max(0, received - sent) / 1000 : null;
  }
}
