// Panels beside the table, and dialogs: on narrow screens a panel covers the page, and what lies under it waits.

import { byId, on } from './dom.js';

const narrow = matchMedia('(max-width: 63.99rem)');

export const isNarrow = () => narrow.matches;

/** @param {string} id */
const isOpen = (id) => !byId(id).hidden && (id !== 'activity' || byId(id).dataset.open === 'true');

/** After a panel was opened or closed: nothing under one that covers the page can be reached. */
export function settle() {
  const top = ['card', 'activity'].find(isOpen);
  for (const id of ['bar', 'list', 'card', 'activity']) byId(id).inert = narrow.matches && top !== undefined && top !== id;
}

/** Makes the buttons of dialogs work, and what depends on the width. */
export function preparePanels() {
  on(narrow, 'change', settle);
  for (const dialog of document.querySelectorAll('dialog')) {
    for (const button of dialog.querySelectorAll('[data-close]')) on(button, 'click', () => dialog.close());
    on(dialog, 'click', (event) => event.target === dialog && beside(dialog, event) && dialog.close());
  }
}

/** A click on the backdrop. @param {HTMLDialogElement} dialog @param {MouseEvent} event */
function beside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

/** @param {string} id */
export const dialog = (id) => /** @type {HTMLDialogElement} */ (byId(id));
