// One row of the table.

import { clone, fill, slot } from '../shared/dom.js';
import { purposeWords, titleNode } from '../shared/purposes.js';
import { channelName } from '../shared/text.js';
import { setTime } from '../shared/time.js';
import { fillCustomer } from './customer-cell.js';
import { numberText, setStatus } from './words.js';

/** @typedef {import('./list.js').Row} Row */

/** @param {Row} row @param {boolean} selected whether its customer is shown */
export function makeRow(row, selected) {
  const node = clone('grid-line');
  node.dataset.id = row.id;
  write(node, row, selected);
  return node;
}

/** Marked for a moment where the answer is another one now. @param {HTMLElement} node @param {Row} row @param {boolean} selected */
export function changeRow(node, row, selected) {
  const newer = Number(node.dataset.version) < row.version;
  write(node, row, selected);
  if (!newer) return;
  // Asking for animations makes the browser work out the styles: only where one is running.
  if (node.classList.contains('glow')) for (const running of node.getAnimations()) running.currentTime = 0;
  node.classList.add('glow');
}

/** @param {HTMLElement} node @param {Row} row @param {boolean} selected */
function write(node, row, selected) {
  node.dataset.version = String(row.version);
  node.setAttribute('aria-selected', String(selected));
  fillCustomer(node, row.customer);
  fill(node, {
    number: numberText(row.customer.msisdn),
    email: row.customer.email,
    purpose: titleNode(purposeWords(row.purpose)),
    channel: channelName(row.channel),
  });
  setStatus(slot(node, 'status'), row.status);
  setTime(/** @type {HTMLTimeElement} */ (slot(node, 'changed')), row.updated_at);
}
