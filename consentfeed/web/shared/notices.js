// The texts of notices. A published text never changes: each is read once.

import { get } from './api.js';

/** @typedef {{key: string, version: number, language: string}} Asked */

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/** The text and its fingerprint. @param {Asked} asked @returns {Promise<{text: string, sha256: string}>} */
export function notice({ key, version, language }) {
  const path = `/notices/${encodeURIComponent(key)}/${version}/${encodeURIComponent(language)}`;
  const found = known.get(path) ?? get(path).then(({ data }) => data);
  known.set(path, found);
  found.catch(() => known.delete(path));
  return found;
}
