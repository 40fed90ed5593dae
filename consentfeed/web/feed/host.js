// Serves tabs, each over a port of its own, with one hub.

import { Hub } from './hub.js';
import { whenFree } from './locks.js';

/** @typedef {{postMessage: (message: any) => void, onmessage: ((event: MessageEvent) => void) | null, close: () => void}} Port */
/** What a tab says. lock: held by the tab as long as it lives, null where there are none.
 * @typedef {{type: 'join', options: import('./hub.js').Options, lock: string | null} | {type: 'subscribe', number: number,
 *   place: string | null} | {type: 'unsubscribe', number: number} | {type: 'retry' | 'sign-out' | 'leave'}} Request */
/** What it hears. lock: held by the host as long as it lives.
 * @typedef {{type: 'hello', lock: string | null} | {type: 'state', state: import('./status.js').State} | {type: 'events',
 *   number: number, events: import('./source.js').Message[]} | {type: 'place', number: number, place: string} |
 *   {type: 'reset', number: number, reason: string}} Answer */

export class Host {
  /** @type {Hub | null} */
  #hub = null;
  /** @type {Set<Tab>} */
  #tabs = new Set();
  #lock;

  /** @param {Promise<string | null>} [lock] */
  constructor(lock = Promise.resolve(null)) {
    this.#lock = lock;
  }

  /** Serves a tab until it leaves or dies. @param {Port} port @param {Request} [first] that came another way */
  serve(port, first) {
    const tab = new Tab(port, (options) => this.#hubFor(options), () => this.#tabs.delete(tab));
    const take = (/** @type {Request} */ request) => {
      // Behind the lock, all of them: they keep their order.
      this.#lock.then((lock) => tab.take(request, lock));
    };
    port.onmessage = ({ data }) => take(data);
    if (first) take(first);
    this.#tabs.add(tab);
    return tab;
  }

  close() {
    for (const tab of this.#tabs) tab.close();
  }

  /** Who joins after somebody has signed out begins anew. @param {import('./hub.js').Options} options */
  #hubFor(options) {
    if (!this.#hub || this.#hub.signedOut) this.#hub = new Hub(options);
    if (options.pollSeconds) this.#hub.pollSeconds = options.pollSeconds;
    return this.#hub;
  }
}

/** One tab, as the host sees it. */
class Tab {
  #port;
  #hubFor;
  #gone;
  /** @type {Hub | null} */
  #hub = null;
  /** @type {import('./hub.js').Member | null} */
  #member = null;
  /** Events of this turn by subscriber: one message for many. @type {Map<number, import('./source.js').Message[]>} */
  #batches = new Map();

  /** @param {Port} port @param {(options: import('./hub.js').Options) => Hub} hubFor @param {() => void} gone */
  constructor(port, hubFor, gone) {
    this.#port = port;
    this.#hubFor = hubFor;
    this.#gone = gone;
  }

  /** @param {Request} request @param {string | null} lock the host's */
  take(request, lock) {
    if (request.type === 'join') this.#join(request, lock);
    else if (request.type === 'subscribe') this.#subscribe(request.number, request.place);
    else if (request.type === 'unsubscribe') this.#member?.unsubscribe(request.number);
    else if (request.type === 'retry') this.#hub?.retryNow();
    else if (request.type === 'sign-out') this.#hub?.signOut();
    else if (request.type === 'leave') this.close();
  }

  close() {
    this.#member?.leave();
    this.#member = null;
    this.#port.onmessage = null;
    this.#port.close();
    this.#gone();
  }

  /** @param {Extract<Request, {type: 'join'}>} request @param {string | null} lock */
  #join(request, lock) {
    this.#port.postMessage({ type: 'hello', lock });
    this.#hub = this.#hubFor(request.options);
    this.#member = this.#hub.join((state) => this.#say({ type: 'state', state }));
    if (request.lock) whenFree(request.lock, () => this.#member && this.close());
  }

  /** @param {number} number @param {string | null} place */
  #subscribe(number, place) {
    this.#member?.subscribe(number, place, {
      event: (message) => this.#add(number, message),
      place: (reached) => this.#say({ type: 'place', number, place: reached }),
      reset: (reason) => this.#say({ type: 'reset', number, reason }),
    });
  }

  /** @param {number} number @param {import('./source.js').Message} message */
  #add(number, message) {
    if (!this.#batches.size) queueMicrotask(() => this.#flush());
    const batch = this.#batches.get(number);
    if (batch) batch.push(message);
    else this.#batches.set(number, [message]);
  }

  #flush() {
    const batches = [...this.#batches];
    this.#batches.clear();
    for (const [number, events] of batches) this.#port.postMessage({ type: 'events', number, events });
  }

  /** @param {Answer} answer */
  #say(answer) {
    this.#flush();
    this.#port.postMessage(answer);
  }
}
