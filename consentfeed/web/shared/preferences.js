// Choices of the person who is signed in, kept on the server.

import { get, put } from './api.js';

/** @type {Record<string, any>} */
let preferences = {};

/** Reads them; once per page. */
export async function loadPreferences() {
  preferences = (await get('/preferences')).data.preferences;
}

/** A choice, or what holds until there is one. @template T @param {string} name @param {T} fallback @returns {T} */
export function preference(name, fallback) {
  return name in preferences ? preferences[name] : fallback;
}

/** Makes choices, on top of those that another tab has made meanwhile. @param {() => Record<string, unknown>} choose is called
 * when the newest are known */
export async function setPreferences(choose) {
  await loadPreferences();
  const next = { ...preferences, ...choose() };
  await put('/preferences', { preferences: next });
  preferences = next;
}
