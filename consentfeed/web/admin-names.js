// How things are called on the admin page.

import { element } from './dom.js';
import { hasText, language, languages, t } from './text.js';

/** @param {string} channel */
export const channelName = (channel) => (hasText(`channel.${channel}`) ? t(`channel.${channel}`) : channel);

/** The name of a language in the reader's, or its own: not each browser knows each. @param {string} tag @returns {string} */
export function languageName(tag) {
  const known = new Intl.DisplayNames(language(), { type: 'language', fallback: 'none' }).of(tag);
  return known ?? languages[/** @type {keyof typeof languages} */ (tag)] ?? tag;
}

/** A button says to whom it happens, to those who do not see the row.
 * @param {HTMLElement} button @param {string} text @param {string} whom */
export function nameButton(button, text, whom) {
  button.replaceChildren(text, element('span', 'visually-hidden', `: ${whom}`));
}
