// One upstream connection, many subscribers, of many tabs.

import { DEFAULTS, Upstream } from './upstream.js';
import { Ring } from './ring.js';
import { Source } from './source.js';
import { initialState } from './status.js';
import { Subscriber } from './subscriber.js';

/** @typedef {import('./status.js').State} State */
/** @typedef {import('./source.js').Address & Partial<typeof DEFAULTS>} Options */
/** @typedef {import('./tab.js').Tab} Tab */
/** Of one subscription. That somebody has signed out all tabs see by the state.
 * @typedef {Omit<import('./subscriber.js').Reader, 'signedOut'>} Reader */

const RING_SIZE = 2000;
const WATCH_MS = 1000;

export class Hub {
  #options;
  #source;
  #ring = new Ring(RING_SIZE);
  /** @type {Upstream | null} */
  #upstream = null;
  /** @type {Set<Tab>} */
  #tabs = new Set();
  /** @type {Set<Subscriber>} */
  #subscribers = new Set();
  #state = initialState();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /** @param {Options} options */
  constructor(options) {
    this.#options = { ...DEFAULTS, ...options };
    this.#source = new Source(options);
  }

  get signedOut() {
    return this.#state.phase === 'signed-out';
  }

  /** From now on the tab is shown the state, and may subscribe. There is an upstream as long as there is a tab. @param {Tab} tab */
  join(tab) {
    this.#tabs.add(tab);
    tab.show(this.#state);
    // The first subscriber says where it begins; for who only watches it begins now.
    if (!this.#upstream && !this.signedOut) this.#timer ??= setTimeout(() => this.#begin(null), WATCH_MS);
  }

  /** @param {Tab} tab whose subscribers have been unsubscribed */
  leave(tab) {
    this.#tabs.delete(tab);
    if (this.#tabs.size) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#upstream?.close();
    this.#upstream = null;
    if (!this.signedOut) this.#state = initialState();
  }

  /** Gives a reader every event after a position, null: after now. @param {string | null} position @param {Reader} reader */
  subscribe(position, reader) {
    if (!this.#upstream && !this.signedOut) this.#begin(position);
    const subscriber = new Subscriber(this.#ring, this.#source, position, {
      event: (message) => reader.event(message),
      position: (reached) => reader.position(reached),
      reset: (reason) => reader.reset(reason),
      signedOut: () => this.signOut(),
    }, this.#options);
    this.#subscribers.add(subscriber);
    subscriber.begin();
    return subscriber;
  }

  /** @param {Subscriber} subscriber */
  unsubscribe(subscriber) {
    this.#subscribers.delete(subscriber);
    subscriber.end();
  }

  /** Ends everything, for all tabs. */
  signOut() {
    if (this.#upstream) this.#upstream.signOut();
    else this.#show({ ...this.#state, phase: 'signed-out' });
  }

  retryNow() {
    this.#upstream?.retryNow();
  }

  /** @param {number} seconds between polls, from now on */
  set pollSeconds(seconds) {
    this.#options.pollSeconds = seconds;
  }

  /** @param {string | null} position */
  #begin(position) {
    clearTimeout(this.#timer);
    this.#ring.restart(position);
    const advance = (/** @type {string} */ reached, /** @type {import('./source.js').Message | null} */ message) => {
      this.#ring.push(reached, message);
      for (const subscriber of this.#subscribers) subscriber.advance(reached, message);
    };
    this.#upstream = new Upstream(this.#source, position, {
      event: (message) => advance(message.id, message),
      position: (reached) => advance(reached, null),
      reset: (reason, reached) => this.#reset(reason, reached),
      state: (state) => this.#show(state),
    }, this.#options);
  }

  /** @param {string} reason @param {string | null} position */
  #reset(reason, position) {
    this.#ring.restart(position);
    const subscribers = [...this.#subscribers];
    this.#subscribers.clear();
    for (const subscriber of subscribers) subscriber.reset(reason);
  }

  /** @param {State} state */
  #show(state) {
    this.#state = state;
    if (this.signedOut) for (const subscriber of this.#subscribers) this.unsubscribe(subscriber);
    for (const tab of this.#tabs) tab.show(state);
  }
}
