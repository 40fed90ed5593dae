// Copying a text.

import { element } from './dom.js';

/** Puts it on the clipboard; whether that worked. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text); // there is no clipboard where the site is not served over https
  }
}

/** @param {string} text */
function copySelected(text) {
  const [field, before] = [/** @type {HTMLTextAreaElement} */ (element('textarea', 'visually-hidden')), document.activeElement];
  field.value = text;
  document.body.append(field);
  field.select();
  const done = document.execCommand('copy');
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return done;
}
