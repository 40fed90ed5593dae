// One stream: its blocks until it ends, or is silent for too long.

import { Parser } from './sse.js';

/** @typedef {import('./sse.js').Block} Block */

export class Stream {
  /** Events still to come when it was opened, null: not known. @type {number | null} */
  behind = null;
  /** Seconds between its signs of life, null: not known. @type {number | null} */
  heartbeat = null;
  #controller = new AbortController();
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #watchdog;
  #heardAt = 0;

  /** The blocks of each chunk that comes; throws Failure. @param {import('./source.js').Source} source @param {string | null} position
   * @param {{answerSeconds: number, heartbeatSeconds: number}} options @returns {AsyncGenerator<Block[], void>} */
  async *read(source, position, { answerSeconds, heartbeatSeconds }) {
    this.#watch(answerSeconds);
    try {
      const response = await source.stream(position, this.#controller.signal);
      const behind = response.headers.get('consentfeed-behind');
      this.behind = behind === null ? null : Number(behind) || 0;
      this.heartbeat = Number(response.headers.get('consentfeed-heartbeat')) || heartbeatSeconds;
      const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
      const parser = new Parser();
      for (let begun = false; ; ) {
        const { done, value } = await reader.read();
        if (done) return;
        this.#heardAt = Date.now();
        const blocks = parser.push(value);
        if (blocks.length && !begun) this.#watch(2.5 * this.heartbeat);
        begun ||= blocks.length > 0;
        yield blocks;
      }
    } finally {
      this.close();
    }
  }

  close() {
    clearInterval(this.#watchdog);
    this.#controller.abort();
  }

  /** From now on closes it after so much silence. By the clock, not by one long timer: a computer that has slept finds out as soon as it
   * wakes. @param {number} seconds */
  #watch(seconds) {
    clearInterval(this.#watchdog);
    this.#heardAt = Date.now();
    const check = () => Date.now() - this.#heardAt > seconds * 1000 && this.close();
    this.#watchdog = setInterval(check, Math.min(1000, seconds * 250));
  }
}
