// The exact text of a notice, as the customer was shown it.

import { get } from './api.js';
import { byId } from './dom.js';
import { languageName, t } from './text.js';
import { dialog } from './csr-panels.js';
import { purposeTitle, whyText } from './csr-words.js';

/** A published text never changes. @type {Map<string, Promise<any>>} */
const known = new Map();

/** @typedef {{key: string, version: number, language: string, sha256?: string}} Asked */

/** The text and its fingerprint. @param {Asked} asked @returns {Promise<{text: string, sha256: string}>} */
export function notice({ key, version, language }) {
  const path = `/notices/${encodeURIComponent(key)}/${version}/${encodeURIComponent(language)}`;
  const found = known.get(path) ?? get(path).then(({ data }) => data);
  known.set(path, found);
  found.catch(() => known.delete(path));
  return found;
}

/** "Version 2, Sinhala". @param {Asked} asked */
export const noticeName = ({ version, language }) => t('csr.notice-name', { version: String(version), language: languageName(language) });

/** Shows the text that a consent is bound to, and whether it is still that text. @param {Asked} asked */
export async function showNotice(asked) {
  byId('notice-title').textContent = purposeTitle(asked.key);
  byId('notice-about').textContent = noticeName(asked);
  byId('notice-text').textContent = '…';
  byId('notice-hash').textContent = '';
  dialog('notice').showModal();
  try {
    const { text, sha256 } = await notice(asked);
    byId('notice-text').lang = asked.language;
    byId('notice-text').textContent = text;
    byId('notice-hash').textContent = t(sha256 === asked.sha256 ? 'csr.notice-same' : 'csr.notice-other', { sha256 });
  } catch (error) {
    byId('notice-text').lang = '';
    byId('notice-text').textContent = whyText(error);
  }
}
