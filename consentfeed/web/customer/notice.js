// The exact texts, in a dialog: what was agreed to, and what is in force where that is another.

import { dialog } from '../shared/dialogs.js';
import { byId, clone, fill, slot } from '../shared/dom.js';
import { readNotice } from '../shared/notices.js';
import { wordsOf } from '../shared/purposes.js';
import { channelName, language, t } from '../shared/text.js';
import { dayText } from '../shared/time.js';
import { noticeInForce, noticesAgreedTo } from './consents.js';
import { noticeName } from './words.js';

/** @typedef {import('./consents.js').BoundNotice} BoundNotice */
/** @typedef {import('../shared/purposes.js').Words} Words */
/** @typedef {{heading: string, notice: BoundNotice}} Part */

/** The texts of a purpose. @param {import('./consents.js').Consents} consents @param {string} key */
export function showNotices(consents, key) {
  const groups = noticesAgreedTo(consents.of(key));
  const parts = groups.map(({ notice, channels, since }) => ({ notice, heading: agreedText(channels, since) }));
  const now = noticeInForce(consents.purpose(key), language());
  if (now && !groups.some(({ notice }) => notice.version === now.version)) {
    parts.push({ notice: now, heading: t(groups.length ? 'customer.newer' : 'customer.in-force') });
  }
  show(wordsOf(consents.purpose(key)), parts);
}

/** One text of the history. @param {Words} words of its purpose @param {BoundNotice} notice */
export function showNotice(words, notice) {
  show(words, [{ notice, heading: '' }]);
}

/** @param {string[]} channels @param {string} since */
function agreedText(channels, since) {
  const list = new Intl.ListFormat(language(), { type: 'conjunction' }).format(channels.map(channelName));
  return t('customer.agreed', { channels: list, time: dayText(since) });
}

/** @param {Words} words of now @param {Part[]} parts */
function show({ title, lang }, parts) {
  byId('notice-title').textContent = title;
  byId('notice-title').lang = lang;
  byId('notice-parts').replaceChildren(...parts.map((part) => draw(part, title)));
  if (!dialog('notice').open) dialog('notice').showModal();
  dialog('notice').scrollTop = 0;
}

/** @param {Part} part @param {string} title of the purpose now */
function draw({ heading, notice }, title) {
  const node = fill(clone('notice-part'), { heading, about: noticeName(notice), text: t('customer.loading') });
  slot(node, 'heading').hidden = !heading;
  write(node, notice, title);
  return node;
}

/** The text; and what the purpose was called in it, where that is not what the dialog is called.
 * @param {HTMLElement} node @param {BoundNotice} notice @param {string} title of the dialog */
async function write(node, notice, title) {
  try {
    const words = await readNotice(notice);
    for (const name of ['title', 'text']) slot(node, name).lang = notice.language;
    slot(node, 'title').hidden = words.title === title;
    fill(node, { title: words.title, text: words.text });
  } catch {
    fill(node, { text: t('customer.no-text') });
  }
}
