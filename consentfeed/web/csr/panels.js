// Panels beside the table: on narrow screens a panel covers the page, and what lies under it waits.

import { byId, on } from '../shared/dom.js';

const narrow = matchMedia('(max-width: 47.99rem)');

export const isNarrow = () => narrow.matches;

/** @param {string} id */
const isOpen = (id) => !byId(id).hidden && (id !== 'activity' || byId(id).dataset.open === 'true');

/** After a panel was opened or closed: nothing under one that covers the page can be reached. */
export function settle() {
  const top = ['card', 'activity'].find(isOpen);
  for (const id of ['bar', 'list', 'card', 'activity']) byId(id).inert = narrow.matches && top !== undefined && top !== id;
}

on(narrow, 'change', settle);
