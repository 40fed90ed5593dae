// Which list is shown while nothing is searched for: the consents, or the queue of rights requests; and which part of the queue.

import { byId, fill, on, slot } from '../shared/dom.js';
import { count } from '../shared/time.js';

/** @typedef {'open' | 'mine' | 'unassigned' | 'overdue'} Queue */
/** Of all that are open. @typedef {Record<Queue, number>} Counts */

/** @type {Queue[]} */
const QUEUES = ['open', 'mine', 'unassigned', 'overdue'];

let view = 'consents';
/** @type {Queue} */
let queue = 'open';

export const isQueue = () => view === 'requests';
export const chosenQueue = () => queue;

/** Makes the buttons work. @param {() => void} onChange @param {Record<string, string>} chosen by name */
export function prepareViews(onChange, chosen) {
  for (const one of ['consents', 'requests']) on(byId(`view-${one}`), 'click', () => ((view = one), draw(), onChange()));
  for (const one of QUEUES) on(byId(`queue-${one}`), 'click', () => ((queue = one), draw(), onChange()));
  setView(chosen);
}

/** Chooses these. @param {Record<string, string>} chosen by name */
export function setView(chosen) {
  view = chosen.view === 'requests' ? 'requests' : 'consents';
  queue = QUEUES.find((one) => one === chosen.queue) ?? 'open';
  draw();
}

/** What is not as usual, by name. @returns {Record<string, string>} */
export const chosenView = () => (isQueue() ? { view, ...(queue === 'open' ? {} : { queue }) } : {});

/** How many there are of each; null: nobody knows. @param {Counts | null} counts */
export function drawCounts(counts) {
  for (const one of QUEUES) fill(byId(`queue-${one}`), { count: counts ? count(counts[one]) : null });
  fill(byId('view-requests'), { count: counts ? count(counts.open) : null });
  byId('view-requests').dataset.overdue = String(Boolean(counts?.overdue));
  slot(byId('view-requests'), 'overdue').hidden = !counts?.overdue;
}

function draw() {
  for (const one of ['consents', 'requests']) byId(`view-${one}`).setAttribute('aria-pressed', String(one === view));
  for (const one of QUEUES) byId(`queue-${one}`).setAttribute('aria-pressed', String(one === queue));
}
