// Locks by which others notice that their holder is gone, however it went. Where a browser has no locks nobody notices.

/** @typedef {{name: string | null, release: () => void}} Lock */

/** A lock of a new name, held until it is released or this page or worker ends; name null where there are none.
 * @returns {Promise<Lock>} */
export function holdLock() {
  const name = `consentfeed ${newName()}`;
  const none = { name: null, release: () => {} };
  if (!globalThis.navigator?.locks) return Promise.resolve(none);
  return new Promise((resolve) => {
    const hold = () => new Promise((release) => resolve({ name, release: () => release(null) }));
    navigator.locks.request(name, hold).catch(() => resolve(none));
  });
}

/** Calls, once, when nobody holds it any more. @param {string} name @param {() => void} call @param {AbortSignal} [signal] */
export function whenFree(name, call, signal) {
  navigator.locks?.request(name, { signal }, () => call()).catch(() => {});
}

/** Not for secrets; crypto.randomUUID is there under https alone. */
export function newName() {
  return Math.random().toString(36).slice(2) + Math.random().toString(36).slice(2);
}
