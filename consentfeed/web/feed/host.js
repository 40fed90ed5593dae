// Serves tabs, each over a port of its own, with one hub.

import { Hub } from './hub.js';
import { Tab } from './tab.js';

/** @typedef {{postMessage: (message: any) => void, onmessage: ((event: MessageEvent) => void) | null, close: () => void}} Port */
/** What a tab asks for. lock: held by the tab as long as it lives, null where there are none.
 * @typedef {{type: 'join', options: import('./hub.js').Options, lock: string | null} | {type: 'subscribe', number: number,
 *   position: string | null} | {type: 'unsubscribe', number: number} | {type: 'retry' | 'sign-out' | 'leave'}} Request */
/** What the host sends it. lock: held by the host as long as it lives.
 * @typedef {{type: 'hello', lock: string | null} | {type: 'state', state: import('./status.js').State} | {type: 'events',
 *   number: number, events: import('./source.js').Message[]} | {type: 'position', number: number, position: string} |
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
