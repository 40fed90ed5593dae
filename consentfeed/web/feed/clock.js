// How late events are, though the clocks here and at the server differ.

const BEATS = 8;

export class Clock {
  /** Received minus sent, of the last heartbeats. @type {number[]} */
  #beats = [];

  /** @param {number} receivedAt epoch ms here @param {string} time at the server */
  beat(receivedAt, time) {
    const sentAt = Date.parse(time);
    if (Number.isNaN(sentAt)) return;
    this.#beats.push(receivedAt - sentAt);
    // Few, so that a clock that was set is believed after a while.
    if (this.#beats.length > BEATS) this.#beats.shift();
  }

  /** Seconds from the server to here. Null: not known, or not a delay, since it happened before the stream was opened.
   * @param {number} receivedAt @param {string | undefined} time @param {number} openedAt @returns {number | null} */
  delay(receivedAt, time, openedAt) {
    const sentAt = Date.parse(time ?? '') + Math.min(...this.#beats);
    return sentAt >= openedAt && sentAt < Infinity ? Math.max(0, receivedAt - sentAt) / 1000 : null;
  }
}
