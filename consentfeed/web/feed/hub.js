// One line, many subscribers, of many tabs.

import { DEFAULTS, Line } from './upstream.js';
import { Ring } from './ring.js';
import { Source } from './source.js';
import { untried } from './status.js';
import { Subscriber } from './subscriber.js';

/** @typedef {import('./status.js').State} State */
/** @typedef {import('./source.js').Address & Partial<typeof DEFAULTS>} Options */
/** @typedef {import('./tab.js').Tab} Tab */
/** What a subscriber is told; the hub itself tells the tabs when somebody signs out.
 * @typedef {Omit<import('./subscriber.js').Reader, 'signedOut'>} Reader */

const REMEMBERED = 2000;
const WATCH_MS = 1000;

export class Hub {
  #options;
  #source;
  #ring = new Ring(REMEMBERED);
  /** @type {Line | null} */
  #line = null;
  /** @type {Set<Tab>} */
  #tabs = new Set();
  /** @type {Set<Subscriber>} */
  #subscribers = new Set();
  #state = untried();
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

  /** From now on the tab is shown the state, and may subscribe. The line is there as long as a tab is. @param {Tab} tab */
  join(tab) {
    this.#tabs.add(tab);
    tab.show(this.#state);
    // The first subscriber says where it begins; for who only watches it begins now.
    if (!this.#line && !this.signedOut) this.#timer ??= setTimeout(() => this.#begin(null), WATCH_MS);
  }

  /** @param {Tab} tab whose subscribers have been unsubscribed */
  leave(tab) {
    this.#tabs.delete(tab);
    if (this.#tabs.size) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#line?.close();
    this.#line = null;
    if (!this.signedOut) this.#state = untried();
  }

  /** Gives a reader every event after a place, null: after now. @param {string | null} place @param {Reader} reader */
  subscribe(place, reader) {
    if (!this.#line && !this.signedOut) this.#begin(place);
    const subscriber = new Subscriber(this.#ring, this.#source, place, {
      event: (message) => reader.event(message),
      place: (reached) => reader.place(reached),
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

  /** Ends everything, and tells everybody. */
  signOut() {
    if (this.#line) this.#line.signOut();
    else this.#tell({ ...this.#state, phase: 'signed-out' });
  }

  retryNow() {
    this.#line?.retryNow();
  }

  /** @param {number} seconds between polls, from now on */
  set pollSeconds(seconds) {
    this.#options.pollSeconds = seconds;
  }

  /** @param {string | null} place */
  #begin(place) {
    clearTimeout(this.#timer);
    this.#ring.restart(place);
    const moved = (/** @type {string} */ reached, /** @type {import('./source.js').Message | null} */ message) => {
      this.#ring.push(reached, message);
      for (const subscriber of this.#subscribers) subscriber.moved(reached, message);
    };
    this.#line = new Line(this.#source, place, {
      event: (message) => moved(message.id, message),
      moved: (reached) => moved(reached, null),
      reset: (reason, reached) => this.#reset(reason, reached),
      state: (state) => this.#tell(state),
    }, this.#options);
  }

  /** @param {string} reason @param {string | null} place */
  #reset(reason, place) {
    this.#ring.restart(place);
    const ended = [...this.#subscribers];
    this.#subscribers.clear();
    for (const subscriber of ended) subscriber.reset(reason);
  }

  /** @param {State} state */
  #tell(state) {
    this.#state = state;
    if (this.signedOut) for (const subscriber of this.#subscribers) this.unsubscribe(subscriber);
    for (const tab of this.#tabs) tab.show(state);
  }
}
