// The exact text of a notice, as the customer was shown it.

import { dialog } from '../shared/dialogs.js';
import { byId } from '../shared/dom.js';
import { notice } from '../shared/notices.js';
import { problemText } from '../shared/problems.js';
import { languageName, t } from '../shared/text.js';
import { purposeTitle } from './words.js';

/** @typedef {import('../shared/notices.js').Asked & {sha256?: string}} Asked */

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
    byId('notice-text').textContent = problemText(error);
  }
}
