// The history as a table: the newest lines on the screen, all of them on paper.

import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { titleNodeThen } from '../shared/purposes.js';
import { around, channelName, t } from '../shared/text.js';
import { dateText, setTime, utcText } from '../shared/time.js';
import { showNotice } from './notice.js';
import { didText, noticeName, reasonText, whoText } from './words.js';

/** @typedef {import('./consents.js').Change} Change */
/** @typedef {import('../shared/purposes.js').Words} Words */

const FIRST = 10;
const MORE = 20;
let visible = FIRST;
/** @type {WeakMap<Change, HTMLElement>} */
const rows = new WeakMap();

/** @param {Change[]} changes newest first @param {(key: string) => Words} words of a purpose */
export function drawHistory(changes, words) {
  byId('history-table').hidden = !changes.length;
  byId('history-state').textContent = changes.length ? '' : t('customer.history-empty');
  byId('history-again').hidden = true;
  const body = byId('history-rows');
  for (const [index, change] of changes.entries()) {
    const line = rows.get(change) ?? row(change, words(change.consent.purpose));
    // Lines that are where they belong stay untouched: the focus may be in one.
    if (body.children[index] !== line) body.insertBefore(line, body.children[index] ?? null);
  }
  while (body.children.length > changes.length) body.lastElementChild?.remove();
  hideLater();
}

/** Says that the history could not be read. */
export function drawHistoryFailed() {
  byId('history-state').textContent = t('customer.history-failed');
  byId('history-again').hidden = false;
}

/** @param {Change} change @param {Words} words */
function row(change, words) {
  const { type, consent, timestamp, actor, reason } = change;
  const node = clone('history-row');
  rows.set(change, node);
  setTime(/** @type {HTMLTimeElement} */ (slot(node, 'when')), timestamp);
  slot(node, 'what').replaceChildren(...around('customer.what-of', 'purpose', titleNodeThen(consent), { channel: channelName(consent.channel) }));
  return fill(node, {
    exactly: `${dateText(timestamp)}\n${utcText(timestamp.slice(0, 19))} UTC`,
    did: didText(type),
    who: whoText(actor),
    reason: reasonText(reason),
    text: consent.notice ? noticeLink(words, consent.notice) : t('customer.no-notice'),
  });
}

/** @param {Words} words @param {import('./consents.js').BoundNotice} notice */
function noticeLink(words, notice) {
  const link = element('button', 'link', noticeName(notice));
  link.setAttribute('aria-haspopup', 'dialog');
  on(link, 'click', () => showNotice(words, notice));
  return link;
}

function hideLater() {
  const lines = byId('history-rows').children;
  for (const [index, line] of [...lines].entries()) line.classList.toggle('later', index >= visible);
  const more = byId('history-more');
  more.hidden = lines.length <= visible;
  more.textContent = t('customer.more', { count: Math.min(MORE, lines.length - visible) });
}

function showMore() {
  const next = /** @type {HTMLElement} */ (byId('history-rows').children[visible]);
  visible += MORE;
  hideLater();
  next.focus();
}

on(byId('history-more'), 'click', showMore);
