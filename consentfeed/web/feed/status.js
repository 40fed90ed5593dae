// The state of a feed, and its listener.

/** @typedef {'connecting' | 'catching-up' | 'live' | 'offline' | 'signed-out'} Phase */
/** behind: events still to come, null: not known. delay: seconds from the server to here, of the last event. since: when it
 * was live last. heardAt: the last byte or page. heartbeat: seconds between signs of life of the stream, null: not known. attempt: which try this is, or the next one will be. Times are epoch ms.
 * @typedef {{phase: Phase, behind: number | null, delay: number | null, since: number, heardAt: number,
 * heartbeat: number | null, attempt: number,
 *   nextTryAt: number | null, polling: boolean}} State */

const URGENT = /** @type {const} */ (['phase', 'attempt', 'nextTryAt', 'polling']);
const QUIET_MS = 250;

/** Before the first try. @returns {State} */
export const initialState = () => ({
  phase: 'connecting', behind: null, delay: null, since: Date.now(), heardAt: 0, heartbeat: null, attempt: 1, nextTryAt: null, polling: false,
});

export class Status {
  state = initialState();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #listener;

  /** @param {(state: State) => void} listener */
  constructor(listener) {
    this.#listener = listener;
  }

  /** Changes the state. The listener hears of numbers alone at most a few times a second. @param {Partial<State>} changes */
  set(changes) {
    const before = this.state;
    const left = before.phase === 'live' && (changes.phase ?? 'live') !== 'live';
    this.state = { ...before, ...changes, ...(left ? { since: Date.now() } : {}) };
    if (URGENT.some((name) => this.state[name] !== before[name])) this.#notify();
    else this.#timer ??= setTimeout(() => this.#notify(), QUIET_MS);
  }

  /** The listener hears nothing more. */
  close() {
    clearTimeout(this.#timer);
    this.#listener = () => {};
  }

  #notify() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#listener(this.state);
  }
}
