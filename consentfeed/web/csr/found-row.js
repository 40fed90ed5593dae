// One customer of those that a search has found.

import { clone, fill } from '../shared/dom.js';
import { t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';
import { fillCustomer } from './customer-cell.js';
import { numberText } from './words.js';

/** @typedef {import('./found.js').Found} Found */

/** @param {Found} row @param {boolean} selected whether this one is shown */
export function makeFound(row, selected) {
  const node = clone('found-line');
  node.dataset.id = row.id;
  writeFound(node, row, selected);
  return node;
}

/** @param {HTMLElement} node @param {Found} row @param {boolean} selected */
export function writeFound(node, row, selected) {
  node.setAttribute('aria-selected', String(selected));
  fillCustomer(node, row);
  const { consents } = row;
  fill(node, {
    number: numberText(row.msisdn),
    email: row.email,
    granted: consents ? t('csr.granted-of', { count: consents.granted, total: consents.total }) : null,
    changed: consents?.decided_at ? timeNode(consents.decided_at) : null,
  });
}
