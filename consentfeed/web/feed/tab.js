// A tab, as the host sees it: what it asks for goes to the hub, and what comes of that goes back over its port.

import { whenFree } from './locks.js';

/** @typedef {import('./host.js').Request} Request */
/** @typedef {import('./host.js').Answer} Answer */
/** @typedef {import('./hub.js').Hub} Hub */
/** @typedef {import('./source.js').Message} Message */

export class Tab {
  #port;
  #hubFor;
  #onClose;
  /** @type {Hub | null} */
  #hub = null;
  /** By the numbers that the tab gives them. @type {Map<number, import('./subscriber.js').Subscriber>} */
  #subscribers = new Map();
  /** Events of this turn by subscriber: one message for many. @type {Map<number, Message[]>} */
  #batches = new Map();

  /** @param {import('./host.js').Port} port @param {(options: import('./hub.js').Options) => Hub} hubFor
   * @param {() => void} onClose */
  constructor(port, hubFor, onClose) {
    this.#port = port;
    this.#hubFor = hubFor;
    this.#onClose = onClose;
  }

  /** @param {Request} request @param {string | null} lock the host's */
  take(request, lock) {
    if (request.type === 'join') this.#join(request, lock);
    else if (request.type === 'subscribe') this.#subscribe(request.number, request.position);
    else if (request.type === 'unsubscribe') this.#unsubscribe(request.number);
    else if (request.type === 'retry') this.#hub?.retryNow();
    else if (request.type === 'sign-out') this.#hub?.signOut();
    else if (request.type === 'leave') this.close();
  }

  /** How the hub is now. @param {import('./status.js').State} state */
  show(state) {
    this.#post({ type: 'state', state });
  }

  /** Ends it with all its subscribers; once more does nothing. */
  close() {
    for (const number of this.#subscribers.keys()) this.#unsubscribe(number);
    this.#hub?.leave(this);
    this.#hub = null;
    this.#port.onmessage = null;
    this.#port.close();
    this.#onClose();
  }

  /** @param {Extract<Request, {type: 'join'}>} request @param {string | null} lock */
  #join(request, lock) {
    this.#port.postMessage({ type: 'hello', lock });
    this.#hub = this.#hubFor(request.options);
    this.#hub.join(this);
    if (request.lock) whenFree(request.lock, () => this.#hub && this.close());
  }

  /** @param {number} number @param {string | null} position */
  #subscribe(number, position) {
    const subscriber = this.#hub?.subscribe(position, {
      event: (message) => this.#add(number, message),
      position: (reached) => this.#post({ type: 'position', number, position: reached }),
      reset: (reason) => {
        this.#subscribers.delete(number); // it has ended
        this.#post({ type: 'reset', number, reason });
      },
    });
    if (subscriber) this.#subscribers.set(number, subscriber);
  }

  /** @param {number} number */
  #unsubscribe(number) {
    const subscriber = this.#subscribers.get(number);
    this.#subscribers.delete(number);
    if (subscriber) this.#hub?.unsubscribe(subscriber);
  }

  /** @param {number} number @param {Message} message */
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

  /** Events that came before it go before it. @param {Answer} answer */
  #post(answer) {
    this.#flush();
    this.#port.postMessage(answer);
  }
}
