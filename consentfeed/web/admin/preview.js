// One language of a notice that is about to be published: as customers will see it, and what differs from the one in force.

import { clone, element, fill, slot } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { difference } from './difference.js';

/** @typedef {import('./notices.js').Notice} Notice */

const TAGS = { same: 'span', gone: 'del', new: 'ins' };

/** @param {Notice} draft @param {Notice | undefined} inForce in the same language @param {number | undefined} version in force */
export function preview(draft, inForce, version) {
  const { language, title, description, text } = draft;
  const node = fill(clone('preview'), { language: languageName(language), title, description, text });
  slot(node, 'page').lang = slot(node, 'difference').lang = language;
  slot(node, 'difference-name').textContent = version === undefined ? '' : t(nameOf(draft, inForce), { version });
  const isShown = inForce && wordsOf(inForce) !== wordsOf(draft);
  slot(node, 'difference').replaceChildren(...(isShown ? difference(wordsOf(inForce), wordsOf(draft)).map(pieceNode) : []));
  slot(node, 'difference').hidden = !isShown;
  return node;
}

/** @param {Notice} draft @param {Notice | undefined} inForce */
function nameOf(draft, inForce) {
  if (!inForce) return 'notices.differs-no-text';
  return wordsOf(inForce) === wordsOf(draft) ? 'notices.differs-nowhere' : 'notices.differs';
}

/** @param {Notice} notice */
const wordsOf = ({ title, description, text }) => [title, description, text].filter(Boolean).join('\n\n');

/** Marked by more than its colour, and said to who does not see it. @param {import('./difference.js').Piece} piece */
function pieceNode({ kind, text }) {
  const node = element(TAGS[kind]);
  if (kind !== 'same') node.append(element('span', 'visually-hidden', t(`notices.differs-${kind}`)));
  node.append(text);
  return node;
}
