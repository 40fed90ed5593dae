// What readers of the screen hear. The regions are in the page from its beginning: what comes in together with its text is not
// read out by all of them.

import { element } from './dom.js';

const STAYS_MS = 10_000;

const regions = { polite: region('polite'), assertive: region('assertive') };

/** Puts the regions into the page; once per page, before there is anything to say. */
export function prepareAnnouncements() {
  document.body.append(regions.polite, regions.assertive);
}

/** Says it when the reader pauses, or at once. @param {string} text @param {'polite' | 'assertive'} [politeness] */
export function announce(text, politeness = 'polite') {
  const line = element('p', '', text);
  regions[politeness].append(line);
  setTimeout(() => line.remove(), STAYS_MS);
}

/** @param {string} politeness */
function region(politeness) {
  const node = element('div', 'visually-hidden');
  node.setAttribute('aria-live', politeness);
  return node;
}
