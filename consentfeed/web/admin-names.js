// How things are called on the admin page.

import { element } from './dom.js';

/** A button says to whom it happens, to those who do not see the row.
 * @param {HTMLElement} button @param {string} text @param {string} whom */
export function nameButton(button, text, whom) {
  button.replaceChildren(text, element('span', 'visually-hidden', `: ${whom}`));
}
