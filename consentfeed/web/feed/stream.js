// One stream: its blocks until it ends, or is silent for too long.

import { Parser } from './sse.js';

/** @typedef {import('./sse.js').Block} Block */

export class Stream {
  /** Events still to come when it was opened, null: not told. @type {number | null} */
  behind = null;
  #request = new AbortController();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watch;
  #heardAt = 0;

  /** The blocks of each chunk that comes; throws Failure. @param {import('./source.js').Source} source @param {string | null} place
   * @param {{answerSeconds: number, heartbeatSeconds: number}} options @returns {AsyncGenerator<Block[], void>} */
  async *read(source, place, { answerSeconds, heartbeatSeconds }) {
    this.#allow(answerSeconds);
    try {
      const response = await source.stream(place, this.#request.signal);
      const behind = response.headers.get('consentfeed-behind');
      this.behind = behind === null ? null : Number(behind) || 0;
      const heartbeat = Number(response.headers.get('consentfeed-heartbeat')) || heartbeatSeconds;
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      const parser = new Parser();
      for (let begun = false; ; ) {
        const { done, value } = await reader.read();
        if (done) return;
        this.#heardAt = Date.now();
        const blocks = parser.push(value);
        if (blocks.length && !begun) this.#allow(2.5 * heartbeat);
        begun ||= blocks.length > 0;
        yield blocks;
      }
    } finally {
      this.close();
    }
  }

  close() {
    clearInterval(this.#watch);
    this.#request.abort();
  }

  /** Closes it after so much silence. By the clock, not by one long timer: a computer that has slept finds out as soon as it
   * wakes. @param {number} seconds */
  #allow(seconds) {
    clearInterval(this.#watch);
    this.#heardAt = Date.now();
    const silent = () => Date.now() - this.#heardAt > seconds * 1000 && this.close();
    this.#watch = setInterval(silent, Math.min(1000, seconds * 250));
  }
}
