// What a row says of whose it is: the name, and the operator's own reference.

import { fill, slot } from '../shared/dom.js';
import { customerText } from './words.js';

/** @param {HTMLElement} node @param {import('./list.js').Customer} who */
export function fillCustomer(node, who) {
  const name = customerText(who);
  fill(node, { customer: name, reference: who.reference ?? '' });
  slot(node, 'customer').title = [name, who.reference].filter(Boolean).join(' · '); // it may be cut off
}
