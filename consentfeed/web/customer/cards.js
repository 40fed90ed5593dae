// The cards, one per purpose, with their switches.

import { byId, clone, fill, on, slot } from '../shared/dom.js';
import { wordsOf } from '../shared/purposes.js';
import { t } from '../shared/text.js';
import { Choice, closedId } from './choice.js';

/** @typedef {import('./consents.js').Consents} Consents */

/** @type {Map<string, Choice>} */
const choices = new Map();

/** The switch of a consent. @param {string} id */
export const choice = (id) => choices.get(id);

/** Draws all cards anew; the switches stay what they are, with what is being saved. @param {Consents} consents
 * @param {import('./choice.js').Page} page */
export function drawCards(consents, page) {
  const focused = document.activeElement;
  byId('cards').replaceChildren(...consents.keys().map((key) => card(consents, key, page)));
  if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
}

/** @param {Consents} consents @param {string} key @param {import('./choice.js').Page} page */
function card(consents, key, page) {
  const { title, description, lang } = wordsOf(consents.purpose(key));
  const { offered } = consents.purpose(key);
  const all = consents.of(key);
  const node = fill(clone('card'), { title, description, closed: offered ? null : t('customer.closed') });
  const heading = slot(node, 'title');
  heading.lang = slot(node, 'description').lang = lang;
  heading.id = `title-${key}`;
  slot(node, 'closed').id = closedId(key);
  node.setAttribute('aria-labelledby', heading.id);
  for (const consent of all) {
    const control = choices.get(consent.id) ?? new Choice(consent, heading.id, page);
    choices.set(consent.id, control);
    control.draw();
    slot(node, 'choices').append(control.node);
  }
  const link = slot(node, 'notice');
  link.id = `notice-${key}`;
  link.setAttribute('aria-labelledby', `${link.id} ${heading.id}`);
  link.hidden = !page.notice(all[0]) && all.every(({ notice }) => !notice);
  on(link, 'click', () => page.openNotice(all[0]));
  return node;
}
