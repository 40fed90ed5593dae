// The exact text of a notice, as the customer was shown it.

import { dialog } from '../shared/dialogs.js';
import { byId } from '../shared/dom.js';
import { readNotice } from '../shared/notices.js';
import { problemText } from '../shared/problems.js';
import { purposeWords } from '../shared/purposes.js';
import { languageName, t } from '../shared/text.js';

/** @typedef {import('../shared/notices.js').NoticeId & {sha256?: string}} BoundNotice */

/** "Version 2, Sinhala". @param {BoundNotice} bound */
export const noticeName = ({ version, language }) => t('csr.notice-name', { version: String(version), language: languageName(language) });

/** Shows the text that a consent is bound to, and whether it is still that text. @param {BoundNotice} bound */
export async function showNotice(bound) {
  writeTitle(purposeWords(bound.key));
  byId('notice-about').textContent = noticeName(bound);
  byId('notice-text').textContent = '…';
  byId('notice-hash').textContent = '';
  dialog('notice').showModal();
  try {
    const { title, text, sha256 } = await readNotice(bound);
    writeTitle({ title, lang: bound.language });
    byId('notice-text').lang = bound.language;
    byId('notice-text').textContent = text;
    byId('notice-hash').textContent = t(sha256 === bound.sha256 ? 'csr.notice-same' : 'csr.notice-other', { sha256 });
  } catch (error) {
    byId('notice-text').lang = '';
    byId('notice-text').textContent = problemText(error);
  }
}

/** What the purpose is called; once the text is there, what it was called in it. @param {{title: string, lang: string}} words */
function writeTitle({ title, lang }) {
  byId('notice-title').textContent = title;
  byId('notice-title').lang = lang;
}
