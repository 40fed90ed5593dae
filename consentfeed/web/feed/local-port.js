// A port to a host in the same tab. Unlike a MessageChannel's it takes functions along, which options may hold.

/** @typedef {import('./host.js').Port} Port */

/** @param {import('./host.js').Host} host @returns {Port} */
export function openLocalPort(host) {
  const [here, there] = [new LocalPort(), new LocalPort()];
  here.other = there;
  there.other = here;
  host.serve(there);
  return here;
}

/** One end of it. */
class LocalPort {
  /** @type {((event: MessageEvent) => void) | null} */
  onmessage = null;
  /** @type {LocalPort | null} */
  other = null;

  /** @param {any} data */
  postMessage(data) {
    const { other } = this;
    queueMicrotask(() => other?.onmessage?.(/** @type {MessageEvent} */ ({ data })));
  }

  close() {
    this.onmessage = null;
  }
}
