// What a feed says of itself.

/** @typedef {'connecting' | 'catching-up' | 'live' | 'offline' | 'signed-out'} Phase */
/** behind: events still to come, null: not known. delay: seconds from the server to here, of the last event. since: when it
 * was live last. heardAt: the last byte or page. attempt: which try this is, or the next one will be. Times are epoch ms.
 * @typedef {{phase: Phase, behind: number | null, delay: number | null, since: number, heardAt: number, attempt: number,
 *   nextTryAt: number | null, polling: boolean}} State */

const URGENT = /** @type {const} */ (['phase', 'attempt', 'nextTryAt', 'polling']);
const QUIET_MS = 250;

/** How it is before anything was tried. @returns {State} */
export const untried = () => ({
  phase: 'connecting', behind: null, delay: null, since: Date.now(), heardAt: 0, attempt: 1, nextTryAt: null, polling: false,
});

export class Status {
  state = untried();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #tell;

  /** @param {(state: State) => void} tell */
  constructor(tell) {
    this.#tell = tell;
  }

  /** Takes changes, and tells them: those of numbers alone a few times a second. @param {Partial<State>} changes */
  set(changes) {
    const before = this.state;
    const left = before.phase === 'live' && (changes.phase ?? 'live') !== 'live';
    this.state = { ...before, ...changes, ...(left ? { since: Date.now() } : {}) };
    if (URGENT.some((name) => this.state[name] !== before[name])) this.#now();
    else this.#timer ??= setTimeout(() => this.#now(), QUIET_MS);
  }

  /** Tells nothing more. */
  close() {
    clearTimeout(this.#timer);
    this.#tell = () => {};
  }

  #now() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#tell(this.state);
  }
}
