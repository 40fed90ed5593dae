// Keys of the whole page; those of the table are the table's.

import { dialog } from '../shared/dialogs.js';
import { byId, on } from '../shared/dom.js';
import { readChoices } from './alerts.js';

/** keys: what those of the open card do. @param {{close: () => boolean, table: () => void, keys: () => Record<string, () => void>}} page close: whether there was something to close */
export function prepareKeys(page) {
  const search = /** @type {HTMLInputElement} */ (byId('search'));
  on(document, 'keydown', (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    if (event.key === 'Escape') return escape(event);
    if (isTyping(event.target) || !readChoices().keys) return;
    if (event.key === '/') event.preventDefault(), search.focus(), search.select();
    else if (event.key === '?') dialog('help').showModal();
    else if (Object.hasOwn(page.keys(), event.key)) event.preventDefault(), page.keys()[event.key]();
  });
  on(search, 'keydown', (event) => {
    if (event.key === 'ArrowDown') event.preventDefault(), page.table();
  });

  /** @param {KeyboardEvent} event */
  function escape(event) {
    const target = /** @type {Element} */ (event.target);
    if (target.closest('.toasts')) return;
    if (target === search && search.value) return; // the field empties itself
    if (!page.close() && target === search) page.table();
  }
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof HTMLElement && target.matches('input, textarea, select');
}
