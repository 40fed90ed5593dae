// In what time rights requests are to be answered: a rule for each kind, for what is received from now on.

import { get } from '../shared/api.js';
import { byId, fill, nameButton, on, slot } from '../shared/dom.js';
import { periodText } from '../shared/due.js';
import { List } from '../shared/list.js';
import { t } from '../shared/text.js';
import { askDeadline } from './deadline.js';

/** @typedef {{kind: string, amount: number, unit: string, extension_amount: number, extension_unit: string, version: number}} Deadline */

/** @returns {import('./admin.js').Section} */
export function deadlinesSection() {
  /** @type {List<Deadline>} */
  const list = new List(byId('deadlines'), {
    read: readDeadlines,
    key: ({ kind }) => kind,
    row: 'deadline-row',
    draw: drawDeadline,
    empty: () => '',
  });
  on(list.body, 'click', (event) => {
    const deadline = list.find(event.target.closest('[data-key]')?.dataset.key);
    if (deadline && event.target.closest('[data-slot=change]')) askDeadline(deadline, (changed) => list.replace(changed));
  });
  const refresh = () => void list.refresh();
  return { open: refresh, refresh };
}

async function readDeadlines() {
  const { data } = await get('/deadlines');
  byId('deadlines-zone').textContent = t('deadlines.zone', { zone: data.time_zone });
  return { items: data.deadlines, next: null };
}

/** @param {HTMLElement} row @param {Deadline} deadline */
function drawDeadline(row, { kind, amount, unit, extension_amount, extension_unit }) {
  fill(row, { kind: t(`right.${kind}`), period: periodText(amount, unit), extension: periodText(extension_amount, extension_unit) });
  nameButton(slot(row, 'change'), t('deadlines.change'), t(`right.${kind}`));
}
