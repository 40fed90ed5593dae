// The feed of consents in a browser: one connection for all its tabs, and every event once, in order, in each.
//
//   const feed = connectFeed({ url: '/api/v1/events', name: userId });
//   const subscription = feed.subscribe(position, { event(message) {}, reset(reason) {} });

import { Connection } from './connection.js';
import { initialState } from './status.js';

/** @typedef {import('./source.js').Message} Message */
/** @typedef {import('./transport.js').TransportName} TransportName */
/** @typedef {import('./status.js').State & {shared: TransportName}} FeedState */
/** name: whose feed; tabs of the same name and url share a connection. shared: the first transport to try.
 * @typedef {import('./hub.js').Options & {name?: string, shared?: TransportName}} FeedOptions */
/** event: with every event after the position, once, in order. reset: the position is lost and the subscription over; read the list
 * again, and subscribe anew from its position.
 * @typedef {{event: (message: Message) => void, reset?: (reason: string) => void}} Handlers */
/** @typedef {{position: string | null, number: number, handlers: Handlers}} Subscription */

// Tabs with other versions of these files do not share: change it with the messages between tabs and hosts.
const VERSION = 3;

/** @param {FeedOptions} options @returns {Feed} */
export function connectFeed(options) {
  return new Feed(options);
}

/** Dispatches "state" on every change, with a FeedState as its detail. */
export class Feed extends EventTarget {
  #connection;
  #state = initialState();
  /** @type {Map<number, Subscription>} */
  #subscriptions = new Map();
  #number = 0;

  /** @param {FeedOptions} options */
  constructor({ name = '', shared = 'shared-worker', ...rest }) {
    super();
    const options = { ...rest, url: new URL(rest.url, globalThis.location?.href).href };
    // What is a function cannot be sent to another tab.
    const first = rest.fetch || rest.random ? 'alone' : shared;
    this.#connection = new Connection(`consentfeed ${VERSION} ${name} ${options.url}`, options, first, (answer) => this.#take(answer));
  }

  /** How it is now. @returns {FeedState} */
  get state() {
    return { ...this.#state, shared: this.#connection.transport };
  }

  /** Gives the handlers every event after a position; null or '': after now.
   * @param {string | null} position @param {Handlers} handlers @returns {{close: () => void}} */
  subscribe(position, handlers) {
    const subscription = { position: position || null, number: 0, handlers };
    this.#open(subscription);
    return { close: () => this.#close(subscription) };
  }

  /** Ends the connection, in all tabs. */
  signOut() {
    this.#connection.post({ type: 'sign-out' });
  }

  /** Somebody has signed in again after the end of a session: each subscription goes on from its position. */
  resume() {
    this.#connection.reopen();
  }

  /** Tries at once, where it would wait. */
  retryNow() {
    this.#connection.post({ type: 'retry' });
  }

  /** Ends it in this tab. */
  close() {
    this.#subscriptions.clear();
    this.#connection.close();
  }

  /** @param {Subscription} subscription */
  #open(subscription) {
    subscription.number = ++this.#number;
    this.#subscriptions.set(subscription.number, subscription);
    this.#connection.post({ type: 'subscribe', number: subscription.number, position: subscription.position });
  }

  /** @param {Subscription} subscription */
  #close({ number }) {
    if (this.#subscriptions.delete(number)) this.#connection.post({ type: 'unsubscribe', number });
  }

  /** @param {import('./host.js').Answer} answer */
  #take(answer) {
    if (answer.type === 'hello') return this.#reopen();
    if (answer.type === 'state') return this.#change(answer.state);
    // A number that is not known is of a subscription that has ended, or of a host before this one.
    const subscription = this.#subscriptions.get(answer.number);
    if (!subscription) return;
    if (answer.type === 'events') this.#deliver(subscription, answer);
    else if (answer.type === 'position') subscription.position = answer.position;
    else this.#reset(subscription, answer.reason);
  }

  /** There is a new host: it gives what the one before has not. */
  #reopen() {
    const subscriptions = [...this.#subscriptions.values()];
    this.#subscriptions.clear();
    for (const subscription of subscriptions) this.#open(subscription);
  }

  /** @param {import('./status.js').State} state */
  #change(state) {
    this.#state = state;
    this.dispatchEvent(new CustomEvent('state', { detail: this.state }));
  }

  /** @param {Subscription} subscription @param {{number: number, events: Message[]}} answer */
  #deliver(subscription, { number, events }) {
    for (const message of events) {
      // A handler may have ended it.
      if (!this.#subscriptions.has(number)) return;
      subscription.position = message.id;
      callHandler(() => subscription.handlers.event(message));
    }
  }

  /** @param {Subscription} subscription @param {string} reason */
  #reset(subscription, reason) {
    this.#subscriptions.delete(subscription.number);
    callHandler(() => subscription.handlers.reset?.(reason));
  }
}

/** What a handler throws is reported, and stops nothing here. @param {() => void} call */
function callHandler(call) {
  try {
    call();
  } catch (error) {
    if ('reportError' in globalThis) reportError(error);
    else queueMicrotask(() => { throw error; });
  }
}
