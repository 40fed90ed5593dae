// Everything off at one tap, and back again. Each switch saves by itself, and says by itself where that failed.

import { byId, on } from '../shared/dom.js';
import { t } from '../shared/text.js';
import { choice } from './cards.js';

/** @typedef {import('./consents.js').Consent} Consent */
/** @typedef {import('./consents.js').BoundNotice} BoundNotice */

const [state, off, undo] = ['state', 'off', 'undo'].map((name) => byId(`everything-${name}`));
/** What was turned off here, and under which text it was on. @type {Map<string, BoundNotice | null>} */
const before = new Map();
/** How many stayed off when the rest was turned on again. */
let rest = 0;

/** @param {import('./consents.js').Consents} consents @param {(consent: Consent) => BoundNotice | null} noticeOf that is shown now */
export function prepareEverything(consents, noticeOf) {
  on(off, 'click', () => {
    rest = 0;
    for (const { id, notice } of consents.granted()) before.set(id, notice);
    for (const id of before.keys()) choice(id)?.turn(false);
    drawEverything(consents);
    undo.focus();
  });
  on(undo, 'click', () => {
    const all = [...before];
    const same = all.filter(([id, notice]) => isSame(notice, noticeOf(/** @type {Consent} */ (consents.get(id)))));
    rest = all.length - same.length;
    before.clear();
    for (const [id] of same) choice(id)?.turn(true);
    drawEverything(consents);
    choice(all[0][0])?.focus();
  });
}

/** Another text was agreed to than the one that is in force: that is not turned on unread. @param {BoundNotice | null} bound
 * @param {BoundNotice | null} now */
const isSame = (bound, now) => bound !== null && bound.version === now?.version;

/** After each change. @param {import('./consents.js').Consents} consents */
export function drawEverything(consents) {
  const count = consents.granted().length;
  const text = stateText(count);
  if (state.textContent !== text) state.textContent = text;
  off.hidden = count < 2 || before.size > 0;
  undo.hidden = !before.size;
  byId('everything').hidden = off.hidden && undo.hidden && !text;
}

/** @param {number} count of those that are on */
function stateText(count) {
  if (!before.size) return rest ? t('customer.everything-rest', { count: rest }) : '';
  if ([...before.keys()].some((id) => choice(id)?.isSaving)) return t('customer.saving');
  return count ? t('customer.everything-part', { count }) : t('customer.everything-is-off');
}
