// What customers can consent to: the list, and one of them, which has a place of its own (#purposes/marketing).

import { get } from '../shared/api.js';
import { byId, element, fill, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { channelName, t } from '../shared/text.js';
import { noticesOf } from './notices.js';
import { purposeForm } from './purpose.js';

/** @typedef {{key: string, title: string, description: string, channels: string[], default_validity_days: number | null,
 *   position: number, offered: boolean, notice_version: number | null, languages: string[] | null, tag: string}} Purpose */

/** No key looks like this one. */
const NEW = '+';

/** @returns {import('./admin.js').Section} */
export function purposesSection() {
  /** @type {List<Purpose>} */
  const list = new List(byId('purposes'), {
    read: async () => ({ items: (await get('/purposes')).data.purposes, next: null }),
    key: (purpose) => purpose.key,
    row: 'purpose-row',
    draw: drawPurpose,
    empty: () => t('purposes.empty'),
  });
  const form = purposeForm(() => list.items, (purpose, isNew) => {
    if (isNew) location.hash = `#purposes/${purpose.key}`;
    else list.refresh();
  }, (purpose) => {
    list.replace(purpose);
    byId('purpose-title').textContent = purpose.title;
  });
  const notices = noticesOf(() => list.refresh());

  let open = '';
  /** @param {string} key */
  const openOne = async (key) => {
    // For a new one too: what there is already must be known, or it would be overwritten.
    const isRead = list.find(key) !== undefined || (await list.refresh());
    if (open !== key) return;
    const purpose = list.find(key);
    // It is not there, or cannot be read: the list says which.
    if (!isRead || (!purpose && key !== NEW)) return show(false);
    show(true);
    byId('purpose-title').textContent = purpose?.title ?? t('purposes.add');
    byId('purpose-key').textContent = purpose?.key ?? '';
    form.open(purpose ?? null);
    notices.open(purpose ?? null);
    byId('purpose-title').focus();
  };
  return {
    open(rest) {
      open = rest;
      if (rest) openOne(rest);
      else show(false);
      if (!rest) list.refresh();
    },
    async refresh() {
      const purpose = (await list.refresh()) && list.find(open);
      if (!purpose) return;
      form.open(purpose);
      notices.open(purpose);
    },
  };
}

/** @param {boolean} one */
function show(one) {
  byId('purpose').hidden = !one;
  byId('purposes-all').hidden = one;
}

/** @param {HTMLElement} row @param {Purpose} purpose */
function drawPurpose(row, purpose) {
  const title = /** @type {HTMLAnchorElement} */ (slot(row, 'title'));
  title.href = `#purposes/${purpose.key}`;
  slot(row, 'offered').dataset.mark = purpose.offered ? 'good' : 'off';
  fill(row, {
    title: purpose.title,
    key: purpose.key,
    channels: purpose.channels.map(channelName).join(', '),
    validity: purpose.default_validity_days === null ? t('purposes.no-end') : t('purposes.days-value', { count: purpose.default_validity_days }),
    offered: t(purpose.offered ? 'purposes.is-offered' : 'purposes.is-not-offered'),
    notice: purpose.notice_version === null ? noNotice() : t('purposes.notice-value', { version: purpose.notice_version, languages: (purpose.languages ?? []).join(', ') }),
  });
}

function noNotice() {
  const mark = element('span', 'mark', t('purposes.no-notice'));
  mark.dataset.mark = 'wait';
  return mark;
}
