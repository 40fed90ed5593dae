// The one connection to the server, for ever: a stream, or pages while there is none, always on from the same position.

import { Progress } from './progress.js';
import { backOff } from './source.js';
import { Status } from './status.js';
import { Stream } from './stream.js';

/** @typedef {import('./progress.js').End} End */

export const DEFAULTS = {
  pollSeconds: 30,
  retrySeconds: 0.5, // where the stream names none
  mostSeconds: 30,
  goodbyeSeconds: 1,
  patienceSeconds: 2, // from the loss to "offline"
  answerSeconds: 15,
  heartbeatSeconds: 15, // where the answer names none
  steadySeconds: 5, // a stream that ends sooner counts as a failed try
  random: Math.random,
};

export class Upstream {
  #source;
  #progress;
  #options;
  #base;
  #status;
  #stream = new Stream();
  #openedAt = Infinity;
  #closed = false;
  #hurried = false;
  #pollAt = 0;
  #pollController = new AbortController();
  #wake = () => {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #patience;

  /** @param {import('./source.js').Source} source @param {string | null} position null: now
   * @param {import('./progress.js').Listener} listener @param {typeof DEFAULTS} options looked at each time */
  constructor(source, position, listener, options) {
    this.#source = source;
    this.#options = options;
    this.#base = options.retrySeconds;
    this.#status = new Status(listener.state);
    this.#progress = new Progress(position, listener, this.#status);
    globalThis.addEventListener?.('online', this.#online);
    globalThis.addEventListener?.('offline', this.#offline);
    this.#run();
  }

  get state() {
    return this.#status.state;
  }

  get #up() {
    return this.state.phase === 'live' || this.state.phase === 'catching-up';
  }

  /** Tries at once, where it would wait. */
  retryNow() {
    if (this.#up) return;
    this.#hurried = true;
    this.#cut();
  }

  /** Ends, signed out. */
  signOut() {
    this.#status.set({ phase: 'signed-out', behind: null, delay: null, nextTryAt: null, polling: false });
    this.close();
  }

  close() {
    this.#closed = true;
    this.#status.close();
    this.#cut();
    clearTimeout(this.#patience);
    globalThis.removeEventListener?.('online', this.#online);
    globalThis.removeEventListener?.('offline', this.#offline);
  }

  #online = () => this.retryNow();
  #offline = () => this.#stream.close();

  /** Ends whatever is under way, or waits. */
  #cut() {
    this.#stream.close();
    this.#pollController.abort();
    this.#wake();
  }

  async #run() {
    for (let failures = 0; !this.#closed; ) {
      this.#status.set({ attempt: failures + 1, nextTryAt: null });
      const end = await this.#try();
      if (this.#closed) return;
      if (end.signedOut) return this.signOut();
      this.#lose();
      if (Date.now() - this.#openedAt >= this.#options.steadySeconds * 1000) failures = 0;
      await this.#pause(this.#secondsAfter(end, failures));
      if (!end.goodbye) failures += 1;
    }
  }

  /** @param {End} end @param {number} failures */
  #secondsAfter({ goodbye, retryAfter }, failures) {
    const { goodbyeSeconds, mostSeconds, random } = this.#options;
    if (goodbye) return random() * goodbyeSeconds;
    return (retryAfter ?? 0) + backOff(retryAfter ? 0 : failures, this.#base, mostSeconds, random);
  }

  /** Serves a stream until it ends. @returns {Promise<End>} */
  async #try() {
    this.#hurried = false;
    this.#openedAt = Infinity;
    this.#stream = new Stream();
    try {
      for await (const blocks of this.#stream.read(this.#source, this.#progress.position, this.#options)) {
        this.#status.set({ heardAt: Date.now() });
        for (const block of blocks) {
          const end = this.#closed ? {} : this.#take(block);
          if (end) return end;
        }
      }
      return {};
    } catch (error) {
      return /** @type {Partial<import('./source.js').Failure>} */ (error);
    }
  }

  /** @param {import('./sse.js').Block} block */
  #take(block) {
    // Only with its first block it is a stream.
    if (this.#openedAt === Infinity) {
      clearTimeout(this.#patience);
      this.#openedAt = Date.now();
      this.#progress.open(this.#stream.behind);
      this.#status.set({ heartbeat: this.#stream.heartbeat });
    }
    if (block.retry !== null) this.#base = block.retry / 1000;
    return this.#progress.take(block);
  }

  // While there is no stream

  #lose() {
    if (!this.#up) return this.#giveUp();
    this.#status.set({ phase: 'connecting', behind: null, delay: null });
    this.#patience = setTimeout(() => this.#giveUp(), this.#options.patienceSeconds * 1000);
  }

  #giveUp() {
    clearTimeout(this.#patience);
    if (this.state.phase !== 'connecting') return;
    this.#pollAt = Date.now();
    this.#status.set({ phase: 'offline', polling: true });
    this.#wake();
  }

  /** Waits for the next try, and polls meanwhile: never both at once, or events would come twice. @param {number} seconds */
  async #pause(seconds) {
    const tryAt = Date.now() + seconds * 1000;
    this.#status.set({ nextTryAt: tryAt });
    while (!this.#closed && !this.#hurried && Date.now() < tryAt) {
      const { polling } = this.state;
      if (polling && Date.now() >= this.#pollAt) await this.#poll();
      else await this.#sleep(Math.min(tryAt, polling ? this.#pollAt : tryAt) - Date.now());
    }
  }

  async #poll() {
    const { pollSeconds, random } = this.#options;
    let seconds = pollSeconds * (0.9 + random() * 0.2);
    this.#pollController = new AbortController();
    try {
      while (await this.#readPage());
    } catch (error) {
      const { signedOut, lost, reason, retryAfter } = /** @type {Partial<import('./source.js').Failure>} */ (error);
      if (this.#closed) return;
      if (signedOut) return this.signOut();
      // Where things are now is asked for at once.
      seconds = lost && this.#progress.position ? 0 : Math.max(seconds, retryAfter ?? 0);
      if (lost) this.#progress.reset(reason, null);
    }
    this.#pollAt = Date.now() + seconds * 1000;
  }

  /** Whether there is another one. */
  async #readPage() {
    const page = await this.#source.page(this.#progress.position, this.#pollController.signal);
    if (this.#closed) return false;
    this.#progress.takePage(page);
    return page.more && !this.#hurried;
  }

  /** @param {number} ms @returns {Promise<void>} */
  #sleep(ms) {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#wake = () => (clearTimeout(timer), resolve());
    });
  }
}
