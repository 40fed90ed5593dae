// How far the feed has come: the position it has reached, and how late its events are. Passes on what comes to a listener.

import { Clock } from './clock.js';

/** @typedef {import('./source.js').Message} Message */
/** event: with every event; position: with each that is reached without an event, also the same again; reset: the position is
 * lost, and it goes on from another, null: not known yet.
 * @typedef {{event: (message: Message) => void, position: (position: string) => void,
 *   reset: (reason: string, position: string | null) => void, state: (state: import('./status.js').State) => void}} Listener */
/** How a stream ended. @typedef {{signedOut?: boolean, goodbye?: boolean, retryAfter?: number | null}} End */

export class Progress {
  #listener;
  #status;
  #clock = new Clock();
  #openedAt = Infinity;

  /** @param {string | null} position null: now @param {Listener} listener @param {import('./status.js').Status} status */
  constructor(position, listener, status) {
    /** The listener has had everything up to it. @type {string | null} */
    this.position = position;
    this.#listener = listener;
    this.#status = status;
  }

  /** A stream has begun. @param {number | null} behind events still to come, null: not known */
  open(behind) {
    this.#openedAt = Date.now();
    this.#status.set({ phase: behind ? 'catching-up' : 'live', behind, delay: null, polling: false });
  }

  /** Takes a block of a stream. @param {import('./sse.js').Block} block @returns {End | undefined} where it is the last one */
  take({ id, event, data }) {
    const value = parse(data);
    if (event === 'goodbye') return value?.reason === 'signed-out' ? { signedOut: true } : { goodbye: true };
    if (event === 'heartbeat') this.#beat(value);
    if (event === 'reset') this.#caughtUp(0);
    if (event === 'reset') this.reset(value?.reason, id || this.position);
    else if (id && event !== 'heartbeat' && data !== null) this.#event({ id, event, data: value });
    else if (id) this.#move(id);
  }

  /** A stream beats only when it has sent everything; stale: but for so many seconds the server could not look.
   * @param {{time?: string, stale?: number} | null} value */
  #beat(value) {
    this.#clock.beat(Date.now(), value?.time ?? '');
    this.#caughtUp(0);
    const stale = value?.stale ?? 0;
    this.#status.set(stale ? { phase: 'catching-up', delay: null, heardAt: Date.now() - stale * 1000 } : { phase: 'live' });
  }

  /** @param {import('./source.js').Page} page */
  takePage({ events, next }) {
    for (const message of events) this.#event(message);
    this.#move(next);
    this.#status.set({ heardAt: Date.now() });
  }

  /** @param {string | undefined} reason @param {string | null} position */
  reset(reason, position) {
    this.position = position;
    this.#listener.reset(reason ?? 'unknown', position);
  }

  /** @param {Message} message */
  #event(message) {
    this.position = message.id;
    const streams = this.#status.state.phase === 'live' || this.#status.state.phase === 'catching-up';
    const delay = streams ? this.#clock.delay(Date.now(), message.data?.timestamp, this.#openedAt) : null;
    if (delay !== null) this.#status.set({ delay });
    // Of what was missed, the last one too comes while it catches up.
    this.#listener.event(message);
    this.#caughtUp((this.#status.state.behind ?? 0) - 1);
  }

  /** @param {string} position */
  #move(position) {
    this.position = position;
    this.#listener.position(position);
  }

  /** @param {number} behind events still to come */
  #caughtUp(behind) {
    if (this.#status.state.behind) this.#status.set({ behind, phase: behind ? 'catching-up' : 'live' });
  }
}

/** Data as JSON; what is none as it is. @param {string | null} data */
function parse(data) {
  try {
    return JSON.parse(data ?? 'null');
  } catch {
    return data;
  }
}
