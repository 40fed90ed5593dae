// One rights request in the queue.

import { clone, fill, slot } from '../shared/dom.js';
import { becauseText, dueText, isStanding, urgency } from '../shared/due.js';
import { t } from '../shared/text.js';
import { monthDayText } from '../shared/time.js';
import { accountText, customerText, setStatus } from './words.js';

/** @typedef {import('./requests.js').RequestRow} RequestRow */

/** @param {RequestRow} row @param {boolean} selected whether it is shown @param {Map<string, string>} names of colleagues */
export function makeRequest(row, selected, names) {
  const node = clone('queue-line');
  node.dataset.id = row.id;
  write(node, row, selected, names);
  if (row.isNew) node.classList.add('glow');
  delete row.isNew;
  return node;
}

/** Marked for a moment where it has changed. @param {HTMLElement} node @param {RequestRow} row @param {boolean} selected
 * @param {Map<string, string>} names */
export function writeRequest(node, row, selected, names) {
  const newer = Number(node.dataset.version) < row.version;
  write(node, row, selected, names);
  if (newer) node.classList.add('glow');
}

/** @param {HTMLElement} node @param {RequestRow} row @param {boolean} selected @param {Map<string, string>} names */
function write(node, row, selected, names) {
  node.dataset.version = String(row.version);
  node.setAttribute('aria-selected', String(selected));
  setStatus(slot(node, 'status'), row.status);
  setDue(slot(node, 'due'), row);
  slot(node, 'customer').title = customerText(row.customer); // it may be cut off
  fill(node, {
    customer: customerText(row.customer),
    day: isStanding(row) ? null : monthDayText(new Date(row.due_because.last_day)), // it moves as long as the clock stands
    kind: t(`right.${row.kind}`),
    assigned: accountText(row.assigned_to, names),
    reference: row.reference,
  });
}

/** Days left, in words; why it is that day is a pointer away. @param {HTMLElement} node @param {import('../shared/due.js').RightsRequest} request */
export function setDue(node, request) {
  node.dataset.due = urgency(request);
  node.textContent = dueText(request);
  node.title = becauseText(request.due_because);
}
