// A customer's history, newest first: what changed, when, who did it and how, what the customer was told, and why.

import { get } from '../shared/api.js';
import { clone, element, fill, on, slot } from '../shared/dom.js';
import { t } from '../shared/text.js';
import { dateText, setTime, utcText } from '../shared/time.js';
import { noticeName, showNotice } from './notice.js';
import { howText, reasonText, setStatus, whatNode, whoText } from './words.js';

/** @typedef {import('./activity.js').Change} Change */

/** The history on one card: what was read, and what comes by the feed; each change once. */
export class Timeline {
  #inside;
  /** By consent and version. @type {Map<string, Change>} */
  #changes = new Map();

  /** @param {HTMLElement} inside of the card */
  constructor(inside) {
    this.#inside = inside;
  }

  /** Reads the history of these consents. @param {import('./list.js').Consent[]} consents @param {() => boolean} isCurrent whether
   * the card still wants it */
  async read(consents, isCurrent) {
    fill(this.#inside, { 'history-state': t('csr.history-loading') });
    const changes = await readHistory(consents);
    if (!isCurrent()) return;
    for (const change of changes) this.#changes.set(changeKey(change), change);
    slot(this.#inside, 'timeline').replaceChildren(...newestFirst([...this.#changes.values()]).map(entry));
    fill(this.#inside, { 'history-state': this.#changes.size ? null : t('csr.history-empty') });
  }

  /** @param {Change} change that has just come */
  add(change) {
    if (this.#changes.has(changeKey(change))) return;
    this.#changes.set(changeKey(change), change);
    slot(this.#inside, 'timeline').prepend(entry(change));
    fill(this.#inside, { 'history-state': null });
  }
}

/** @param {Change} change */
const changeKey = ({ consent }) => `${consent.id}/${consent.version}`;

/** All changes of these consents. @param {import('./list.js').Consent[]} consents @returns {Promise<Change[]>} */
async function readHistory(consents) {
  const withEvents = consents.filter((consent) => consent.version > 0);
  const answers = await Promise.all(withEvents.map((consent) => get(`/consents/${consent.id}/history`)));
  return answers.flatMap(({ data }) => data.events.map((/** @type {{data: Change}} */ event) => event.data));
}

/** @param {Change[]} changes */
const newestFirst = (changes) =>
  changes.sort((a, b) => b.timestamp.localeCompare(a.timestamp) || b.consent.version - a.consent.version);

/** @param {Change} change */
function entry(change) {
  const { consent, reason } = change;
  const line = clone('timeline-entry');
  setStatus(slot(line, 'status'), change.type);
  setTime(/** @type {HTMLTimeElement} */ (slot(line, 'when')), change.timestamp);
  fill(line, {
    what: whatNode(consent),
    who: `${whoText(change.actor)} · ${howText(change.method)}`,
    notice: change.type === 'granted' && consent.notice ? noticeLine(consent.notice) : null,
    reason: reason?.code ? [reasonText(reason.code), reason.reference].filter(Boolean).join(' · ') : null,
    note: reason?.text ?? null,
  });
  for (const name of ['notice', 'reason', 'note']) slot(line, name).hidden = !slot(line, name).hasChildNodes();
  return line;
}

/** @param {import('./list.js').BoundNotice} bound */
function noticeLine(bound) {
  const line = element('span', '', `${t('csr.notice-read')} `);
  const link = element('button', 'link', noticeName(bound));
  link.setAttribute('type', 'button');
  on(link, 'click', () => showNotice(bound));
  line.append(link);
  return line;
}

/** On paper "5 minutes ago" says nothing: exact times there, and the usual ones back on the screen. @param {HTMLElement} root */
export function prepareForPrint(root) {
  const times = () => /** @type {NodeListOf<HTMLTimeElement>} */ (root.querySelectorAll('time'));
  on(window, 'beforeprint', () => {
    for (const printed of root.querySelectorAll('[data-slot="printed"]')) printed.textContent = t('csr.printed', { time: dateText(new Date()) });
    for (const time of times()) time.textContent = `${dateText(time.dateTime)} (${utcText(time.dateTime)})`;
  });
  on(window, 'afterprint', () => {
    for (const time of times()) setTime(time, time.dateTime);
  });
}
