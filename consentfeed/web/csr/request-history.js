// One line of a request's history: what was done, by whom, and why; of a deadline that moved, to which day.

import { clone, fill, slot } from '../shared/dom.js';
import { calendarText } from '../shared/due.js';
import { hasText, t } from '../shared/text.js';
import { setTime } from '../shared/time.js';
import { accountText, reasonText, whoText } from './words.js';

// What changes until when it is to be answered.
const MOVES = ['receive', 'resume', 'extend', 'move'];

/** @param {import('./activity.js').Change} change @param {Map<string, string>} names of colleagues */
export function historyNode({ request, timestamp, actor, reason }, names) {
  const line = clone('request-entry');
  setTime(/** @type {HTMLTimeElement} */ (slot(line, 'when')), timestamp);
  return fill(line, {
    what: request ? doneText(request, names) : null,
    who: whoText(actor),
    reason: reason?.code ? [whyText(reason.code), reason.reference].filter(Boolean).join(' · ') : null,
  });
}

/** @param {import('../shared/due.js').RightsRequest} request as it was then @param {Map<string, string>} names */
function doneText({ action, assigned_to, due_because }, names) {
  const done = action === 'assign' ? t('csr.done-assign', { who: accountText(assigned_to, names) }) : t(`csr.did-${action}`);
  return MOVES.includes(action) ? `${done} · ${t('csr.request-until', { day: calendarText(due_because.last_day) })}` : done;
}

/** @param {string} code */
const whyText = (code) => (hasText(`csr.why-${code}`) ? t(`csr.why-${code}`) : reasonText(code));
