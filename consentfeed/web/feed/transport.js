// How a tab comes to a host: in a SharedWorker, in the tab that holds a Web Lock, or in itself.

import { holdLock, newName, whenFree } from './locks.js';

/** @typedef {import('./host.js').Port} Port */
/** @typedef {import('./host.js').Request} Request */
/** @typedef {import('./hub.js').Options} Options */
/** @typedef {'shared-worker' | 'web-locks' | 'alone'} Way */
/** @typedef {{post: (request: Request) => void, close: () => void}} Link */
/** heard: with each answer, the first of every host being "hello". failed: this way is none, or no more.
 * @typedef {{key: string, options: Options, heard: (answer: import('./host.js').Answer) => void, failed: () => void}} Wish */

const HELLO_MS = 10_000;

/** Opens a link; throws where this way does not exist. @param {Way} way @param {Wish} wish @returns {Link} */
export function openLink(way, wish) {
  if (way === 'shared-worker') return byWorker(wish);
  return way === 'web-locks' ? byLocks(wish) : alone(wish);
}

/** @param {Wish} wish @returns {Link} */
function byWorker({ key, options, heard, failed }) {
  const worker = new SharedWorker(new URL('./worker.js', import.meta.url), { type: 'module', name: key });
  const { port } = worker;
  const over = new AbortController();
  const timer = setTimeout(failed, HELLO_MS);
  worker.onerror = failed;
  port.onmessage = ({ data }) => {
    clearTimeout(timer);
    worker.onerror = null;
    if (data.lock) whenFree(data.lock, failed, over.signal);
    heard(data);
  };
  const lock = holdLock();
  lock.then(({ name }) => over.signal.aborted || port.postMessage({ type: 'join', options, lock: name }));
  return {
    post: (request) => port.postMessage(request),
    close() {
      clearTimeout(timer);
      over.abort();
      port.onmessage = worker.onerror = null;
      port.postMessage({ type: 'leave' });
      port.close();
      lock.then(({ release }) => release());
    },
  };
}

/** The holder of the lock is host for all; each tab has a channel of its own with it. @param {Wish} wish @returns {Link} */
function byLocks({ key, options, heard, failed }) {
  if (!globalThis.navigator?.locks) throw new Error('There are no Web Locks here');
  const all = new BroadcastChannel(key);
  const over = new AbortController();
  const lock = holdLock();
  const join = lock.then(({ name }) => ({ type: /** @type {const} */ ('join'), options, lock: name }));
  let name = '';
  /** @type {Port | null} */
  let port = null;

  /** @param {Port} to */
  function use(to) {
    port?.close();
    port = to;
    port.onmessage = ({ data }) => heard(data);
  }

  // Each time by a new name: what is still on its way to or from a host before finds nobody.
  async function announce() {
    const request = await join;
    if (over.signal.aborted) return;
    const instead = name;
    name = `${key} ${newName()}`;
    use(new BroadcastChannel(name));
    all.postMessage({ type: 'tab', name, instead, request });
  }

  async function lead() {
    const [{ Host }, request] = await Promise.all([import('./host.js'), join]);
    if (over.signal.aborted) return;
    const host = new Host();
    serveAll(host, all);
    use(serveHere(host));
    port?.postMessage(request);
    all.postMessage({ type: 'host' });
    await new Promise((resolve) => over.signal.addEventListener('abort', resolve));
    host.close();
  }

  all.onmessage = ({ data }) => data.type === 'host' && announce();
  announce();
  navigator.locks.request(`${key} host`, { signal: over.signal }, lead).catch(() => over.signal.aborted || failed());
  return {
    post: (request) => port?.postMessage(request),
    close() {
      port?.postMessage({ type: 'leave' });
      over.abort();
      port?.close();
      all.close();
      lock.then(({ release }) => release());
    },
  };
}

/** @param {import('./host.js').Host} host @param {BroadcastChannel} all where tabs announce themselves */
function serveAll(host, all) {
  /** @type {Map<string, {close: () => void}>} */
  const tabs = new Map();
  all.onmessage = ({ data }) => {
    if (data.type !== 'tab') return;
    tabs.get(data.instead)?.close();
    tabs.delete(data.instead);
    tabs.set(data.name, host.serve(new BroadcastChannel(data.name), data.request));
  };
}

/** @param {Wish} wish @returns {Link} */
function alone({ options, heard }) {
  /** @type {Request[]} */
  const early = [{ type: 'join', options, lock: null }];
  /** @type {Link['post']} */
  let post = (request) => early.push(request);
  import('./host.js').then(({ Host }) => {
    const port = serveHere(new Host());
    port.onmessage = ({ data }) => heard(data);
    post = (request) => port.postMessage(request);
    early.forEach(post);
  });
  return { post: (request) => post(request), close: () => post({ type: 'leave' }) };
}

/** A port to a host in this very tab. @param {import('./host.js').Host} host @returns {Port} */
function serveHere(host) {
  const [here, there] = [new Near(), new Near()];
  here.other = there;
  there.other = here;
  host.serve(there);
  return here;
}

/** One end of a port within a tab. */
class Near {
  /** @type {((event: MessageEvent) => void) | null} */
  onmessage = null;
  /** @type {Near | null} */
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
