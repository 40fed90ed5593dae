// A card on paper: all of its history, exact times, and who issued it.

import { on } from '../shared/dom.js';
import { issuer, readOperator } from '../shared/operator.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { dateText, momentText, setTime, utcText } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { selfText } from './words.js';

/** Prints it with all of the history: paper has no button for more. @param {import('./timeline.js').Timeline | null} timeline */
export async function printSheet(timeline) {
  try {
    await timeline?.readAll();
    print();
  } catch (error) {
    toast({ kind: 'error', text: problemText(error) });
  }
}

/** On paper "5 minutes ago" says nothing: exact times there, and the usual ones back on the screen. @param {HTMLElement} root */
export function prepareForPrint(root) {
  readOperator();
  const times = () => /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll('time'));
  on(window, 'beforeprint', () => {
    for (const printed of document.querySelectorAll('[data-slot="printed"]')) printed.textContent = t('csr.printed', { time: momentText(new Date()), who: selfText(), issuer: issuer() });
    for (const time of times()) time.textContent = `${dateText(time.dateTime)} (${utcText(time.dateTime)})`;
  });
  on(window, 'afterprint', () => {
    for (const time of times()) setTime(time, time.dateTime);
  });
}
