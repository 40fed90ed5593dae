// Dialogs: closed by their own buttons, or by a click beside them.

import { byId, on } from './dom.js';

/** @param {string} id */
export const dialog = (id) => /** @type {HTMLDialogElement} */ (byId(id));

/** Makes them close; once per page. */
export function prepareDialogs() {
  for (const one of document.querySelectorAll('dialog')) {
    for (const button of one.querySelectorAll('[data-close]')) on(button, 'click', () => one.close());
    // Only the backdrop and the dialog's own edge have the dialog itself as their target.
    on(one, 'click', (event) => event.target === one && beside(one, event) && one.close());
  }
}

/** @param {HTMLDialogElement} dialog @param {MouseEvent} event */
function beside(dialog, event) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}
