// One change in the activity, in two lines: whose and when; what became of it, and by whom.

import { clone, fill, on, slot } from '../shared/dom.js';
import { setTime } from '../shared/time.js';
import { aboutNode, customerOf } from './change.js';
import { byText, setStatus } from './words.js';

/** @typedef {import('./activity.js').Change} Change */
/** @typedef {{open: (change: Change) => void, name: (customer: string) => string | null}} Page */

/** @param {Change} change @param {Page} page */
export function activityLine(change, page) {
  const line = clone('activity-line');
  const status = change.consent ? change.type : change.request?.status;
  if (status) setStatus(slot(line, 'status'), status);
  else slot(line, 'status').hidden = true;
  setTime(/** @type {HTMLTimeElement} */ (slot(line, 'when')), change.timestamp);
  fill(line, {
    customer: page.name(customerOf(change)) ?? change.user.email ?? change.user.id,
    what: aboutNode(change),
    by: byText(change),
  });
  on(slot(line, 'open'), 'click', () => page.open(change));
  return line;
}
