// How a tab reaches a host: in a SharedWorker, in the tab that holds a Web Lock, or in itself.

import { openLocalPort } from './local-port.js';
import { holdLock, newName, whenFree } from './locks.js';

/** @typedef {import('./host.js').Port} Port */
/** @typedef {import('./host.js').Request} Request */
/** @typedef {import('./hub.js').Options} Options */
/** @typedef {'shared-worker' | 'web-locks' | 'alone'} TransportName */
/** @typedef {{post: (request: Request) => void, close: () => void}} Transport */
/** onAnswer: with each answer; the first of every host is "hello". onFailure: no host is reached so, or not any more.
 * @typedef {{key: string, options: Options, onAnswer: (answer: import('./host.js').Answer) => void,
 *   onFailure: () => void}} TransportInit */

const HELLO_MS = 10_000;

/** Throws where the browser has no such transport. @param {TransportName} name @param {TransportInit} init @returns {Transport} */
export function openTransport(name, init) {
  if (name === 'shared-worker') return openWorker(init);
  return name === 'web-locks' ? openLocks(init) : openAlone(init);
}

/** @param {TransportInit} init @returns {Transport} */
function openWorker({ key, options, onAnswer, onFailure }) {
  const worker = new SharedWorker(new URL('./worker.js', import.meta.url), { type: 'module', name: key });
  const { port } = worker;
  const controller = new AbortController();
  const timer = setTimeout(onFailure, HELLO_MS);
  worker.onerror = onFailure;
  port.onmessage = ({ data }) => {
    clearTimeout(timer);
    worker.onerror = null;
    if (data.lock) whenFree(data.lock, onFailure, controller.signal);
    onAnswer(data);
  };
  const lock = holdLock();
  lock.then(({ name }) => controller.signal.aborted || port.postMessage({ type: 'join', options, lock: name }));
  return {
    post: (request) => port.postMessage(request),
    close() {
      clearTimeout(timer);
      controller.abort();
      port.onmessage = worker.onerror = null;
      port.postMessage({ type: 'leave' });
      port.close();
      lock.then(({ release }) => release());
    },
  };
}

/** The holder of the lock is host for all; each tab has a channel of its own with it. @param {TransportInit} init @returns {Transport} */
function openLocks({ key, options, onAnswer, onFailure }) {
  if (!globalThis.navigator?.locks) throw new Error('There are no Web Locks here');
  const all = new BroadcastChannel(key);
  const controller = new AbortController();
  const lock = holdLock();
  const join = lock.then(({ name }) => ({ type: /** @type {const} */ ('join'), options, lock: name }));
  let name = '';
  /** @type {Port | null} */
  let port = null;

  /** @param {Port} to */
  function use(to) {
    port?.close();
    port = to;
    port.onmessage = ({ data }) => onAnswer(data);
  }

  // Each time by a new name: messages still on their way to or from the host before this one find nobody.
  async function announce() {
    const request = await join;
    if (controller.signal.aborted) return;
    const previous = name;
    name = `${key} ${newName()}`;
    use(new BroadcastChannel(name));
    all.postMessage({ type: 'tab', name, previous, request });
  }

  async function lead() {
    const [{ Host }, request] = await Promise.all([import('./host.js'), join]);
    if (controller.signal.aborted) return;
    const host = new Host();
    serveTabs(host, all);
    use(openLocalPort(host));
    port?.postMessage(request);
    all.postMessage({ type: 'host' });
    await new Promise((resolve) => controller.signal.addEventListener('abort', resolve));
    host.close();
  }

  all.onmessage = ({ data }) => data.type === 'host' && announce();
  announce();
  navigator.locks.request(`${key} host`, { signal: controller.signal }, lead).catch(() => controller.signal.aborted || onFailure());
  return {
    post: (request) => port?.postMessage(request),
    close() {
      port?.postMessage({ type: 'leave' });
      controller.abort();
      port?.close();
      all.close();
      lock.then(({ release }) => release());
    },
  };
}

/** @param {import('./host.js').Host} host @param {BroadcastChannel} all where tabs announce themselves */
function serveTabs(host, all) {
  /** @type {Map<string, {close: () => void}>} */
  const tabs = new Map();
  all.onmessage = ({ data }) => {
    if (data.type !== 'tab') return;
    tabs.get(data.previous)?.close();
    tabs.delete(data.previous);
    tabs.set(data.name, host.serve(new BroadcastChannel(data.name), data.request));
  };
}

/** @param {TransportInit} init @returns {Transport} */
function openAlone({ options, onAnswer }) {
  /** @type {Request[]} */
  const queue = [{ type: 'join', options, lock: null }];
  /** @type {Transport['post']} */
  let post = (request) => queue.push(request);
  import('./host.js').then(({ Host }) => {
    const port = openLocalPort(new Host());
    port.onmessage = ({ data }) => onAnswer(data);
    post = (request) => port.postMessage(request);
    queue.forEach(post);
  });
  return { post: (request) => post(request), close: () => post({ type: 'leave' }) };
}
