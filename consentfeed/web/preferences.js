// Choices of the person who is signed in, kept on the server.

import { get, put } from './api.js';

/** @type {Record<string, any>} */
let kept = {};

/** Reads them; once per page. */
export async function loadPreferences() {
  kept = (await get('/preferences')).data.preferences;
}

/** A choice, or what holds until there is one. @template T @param {string} name @param {T} fallback @returns {T} */
export function preference(name, fallback) {
  return name in kept ? kept[name] : fallback;
}

/** Makes a choice, here at once and on the server; here no longer where that fails. @param {string} name @param {unknown} value */
export async function setPreference(name, value) {
  const before = kept;
  kept = { ...kept, [name]: value };
  try {
    await put('/preferences', { preferences: kept });
  } catch (error) {
    kept = before;
    throw error;
  }
}
