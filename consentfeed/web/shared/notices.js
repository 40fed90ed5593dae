// The texts of notices. A published text never changes: each is read once.

import { get } from './api.js';

/** Names one text. @typedef {{key: string, version: number, language: string}} NoticeId */

/** @type {Map<string, Promise<any>>} */
const cache = new Map();

/** The text, its fingerprint, and what the purpose is called there. @param {NoticeId} id
 * @returns {Promise<{title: string, description: string, text: string, sha256: string}>} */
export function readNotice({ key, version, language }) {
  const path = `/notices/${encodeURIComponent(key)}/${version}/${encodeURIComponent(language)}`;
  const notice = cache.get(path) ?? get(path).then(({ data }) => data);
  cache.set(path, notice);
  notice.catch(() => cache.delete(path));
  return notice;
}
