// Holidays: days on which nobody works. One that is added or deleted moves the deadlines of open requests.

import { get, put, remove } from '../shared/api.js';
import { byId, fill, nameButton, on, slot } from '../shared/dom.js';
import { calendarText } from '../shared/due.js';
import { checkFields, submitForm } from '../shared/forms.js';
import { List } from '../shared/list.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { confirm } from './confirm.js';

/** @typedef {{day: string, name: string}} Holiday */

/** @returns {import('./admin.js').Section} */
export function holidaysSection() {
  /** @type {List<Holiday>} */
  const list = new List(byId('holidays'), {
    read: async () => ({ items: (await get('/holidays')).data.holidays, next: null }),
    key: ({ day }) => day,
    row: 'holiday-row',
    draw: drawHoliday,
    empty: () => t('holidays.empty'),
  });
  const form = /** @type {HTMLFormElement} */ (byId('holiday'));
  const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  on(list.body, 'click', (event) => {
    const holiday = list.find(event.target.closest('[data-key]')?.dataset.key);
    if (holiday && event.target.closest('[data-slot=remove]')) askRemove(holiday, list);
  });
  on(form, 'submit', (event) => {
    event.preventDefault();
    submitForm(form, async () => {
      const [day, name] = [input('day').value, input('name').value.trim()];
      checkFields({ day: () => (day ? '' : t('holidays.no-day')), name: () => (name ? '' : t('holidays.no-name')) });
      const { moved } = (await put(`/holidays/${day}`, { name })).data;
      form.reset();
      toast({ kind: 'success', text: t('holidays.added', { day: calendarText(day), name }), detail: t('holidays.moved', { count: moved }) });
      list.refresh();
    });
  });
  const refresh = () => void list.refresh();
  return { open: refresh, refresh };
}

/** @param {Holiday} holiday @param {List<Holiday>} list */
function askRemove(holiday, list) {
  const day = calendarText(holiday.day);
  confirm({
    title: t('holidays.remove-title', { day, name: holiday.name }),
    text: [t('holidays.remove-text')],
    action: t('holidays.remove'),
    danger: true,
    run: async () => {
      await remove(`/holidays/${holiday.day}`);
      list.remove(holiday);
      toast({ kind: 'success', text: t('holidays.removed', { day }) });
    },
  });
}

/** @param {HTMLElement} row @param {Holiday} holiday */
function drawHoliday(row, { day, name }) {
  fill(row, { day: calendarText(day), name });
  nameButton(slot(row, 'remove'), t('holidays.remove'), calendarText(day));
}
