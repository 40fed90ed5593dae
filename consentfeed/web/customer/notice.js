// The exact texts, in a dialog: what was agreed to, and what is in force where that is another.

import { dialog } from '../shared/dialogs.js';
import { byId, clone, fill, slot } from '../shared/dom.js';
import { readNotice } from '../shared/notices.js';
import { channelName, language, t } from '../shared/text.js';
import { dayText } from '../shared/time.js';
import { noticeInForce, noticesAgreedTo } from './consents.js';
import { noticeName } from './words.js';

/** @typedef {import('./consents.js').BoundNotice} BoundNotice */
/** @typedef {{heading: string, notice: BoundNotice}} Part */

/** The texts of a purpose. @param {import('./consents.js').Consents} consents @param {string} key */
export function showNotices(consents, key) {
  const { title } = consents.purpose(key);
  const groups = noticesAgreedTo(consents.of(key));
  const parts = groups.map(({ notice, channels, since }) => ({ notice, heading: agreedText(channels, since) }));
  const now = noticeInForce(consents.purpose(key), language());
  if (now && !groups.some(({ notice }) => notice.version === now.version)) {
    parts.push({ notice: now, heading: t(groups.length ? 'customer.newer' : 'customer.in-force') });
  }
  show(title, parts);
}

/** One text of the history. @param {string} title @param {BoundNotice} notice */
export function showNotice(title, notice) {
  show(title, [{ notice, heading: '' }]);
}

/** @param {string[]} channels @param {string} since */
function agreedText(channels, since) {
  const list = new Intl.ListFormat(language(), { type: 'conjunction' }).format(channels.map(channelName));
  return t('customer.agreed', { channels: list, time: dayText(since) });
}

/** @param {string} title @param {Part[]} parts */
function show(title, parts) {
  byId('notice-title').textContent = title;
  byId('notice-parts').replaceChildren(...parts.map(draw));
  if (!dialog('notice').open) dialog('notice').showModal();
  dialog('notice').scrollTop = 0;
}

/** @param {Part} part */
function draw({ heading, notice }) {
  const node = fill(clone('notice-part'), { heading, about: noticeName(notice), text: t('customer.loading') });
  slot(node, 'heading').hidden = !heading;
  write(slot(node, 'text'), notice);
  return node;
}

/** @param {HTMLElement} target @param {BoundNotice} notice */
async function write(target, notice) {
  try {
    const { text } = await readNotice(notice);
    target.lang = notice.language;
    target.textContent = text;
  } catch {
    target.textContent = t('customer.no-text');
  }
}
