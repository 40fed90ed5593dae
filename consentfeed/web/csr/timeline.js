// A customer's history, newest first: what changed, when, who did it and how, what the customer was told, and why.

import { get, parameters } from '../shared/api.js';
import { clone, element, fill, on, slot } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { dateText, setTime, utcText } from '../shared/time.js';
import { noticeName, showNotice } from './notice.js';
import { detailsText, howText, reasonText, setStatus, whatNode, whoText } from './words.js';

/** @typedef {import('./activity.js').Change} Change */
/** @typedef {import('./activity.js').Message} Message */

/** The history on one card: the pages that were read, and what comes by the feed; each event once. */
export class Timeline {
  #inside;
  #customer;
  #isCurrent;
  /** The lines that are shown, by the id of their event. @type {Map<string, HTMLElement>} */
  #lines = new Map();
  /** Of the page after those that were read; null: there is none. @type {string | null} */
  #next = null;
  /** Of the page that is being read. @type {Promise<void> | null} */
  #promise = null;

  /** @param {HTMLElement} inside of the card @param {string} customer @param {() => boolean} isCurrent whether the card still wants it */
  constructor(inside, customer, isCurrent) {
    this.#inside = inside;
    this.#customer = customer;
    this.#isCurrent = isCurrent;
    this.#button.onclick = () => this.#older();
  }

  get #button() {
    return slot(this.#inside, 'history-older');
  }

  /** Reads the newest page. */
  async read() {
    slot(this.#inside, 'timeline').replaceChildren();
    this.#lines.clear();
    this.#drawEnd(false);
    fill(this.#inside, { 'history-state': t('csr.history-loading') });
    await this.#readPage();
    if (this.#isCurrent()) fill(this.#inside, { 'history-state': this.#lines.size ? null : t('csr.history-empty') });
  }

  /** Reads what is not shown yet, for paper has no button. */
  async readAll() {
    await this.#promise;
    while (this.#next && this.#isCurrent()) await this.#readPage();
  }

  /** @param {Message} message that has just come */
  add(message) {
    slot(this.#inside, 'timeline').prepend(...this.#fresh([message]));
    fill(this.#inside, { 'history-state': null });
  }

  /** One at a time. @returns {Promise<void>} */
  #readPage() {
    this.#promise ??= this.#page().finally(() => (this.#promise = null));
    return this.#promise;
  }

  async #page() {
    const { data } = await get(`/customers/${this.#customer}/history?${parameters({ cursor: this.#next })}`);
    if (!this.#isCurrent()) return;
    const fresh = this.#fresh(data.events);
    // The feed may have brought some of the newest page already, and not the newest of it.
    if (this.#next === null) slot(this.#inside, 'timeline').replaceChildren(...this.#newestFirst());
    else slot(this.#inside, 'timeline').append(...fresh);
    this.#next = data.next;
    this.#drawEnd(data.next !== null);
  }

  /** Lines for those that have none yet. @param {Message[]} messages */
  #fresh(messages) {
    const fresh = messages.filter(({ id }) => !this.#lines.has(id));
    return fresh.map(({ id, data }) => {
      const line = entry(data);
      this.#lines.set(id, line);
      return line;
    });
  }

  #newestFirst() {
    const place = (/** @type {string} */ id) => Number(id.split('-')[0]);
    return [...this.#lines].sort(([one], [other]) => place(other) - place(one)).map(([, line]) => line);
  }

  async #older() {
    const button = this.#button;
    try {
      const last = slot(this.#inside, 'timeline').lastElementChild;
      if (this.#isCurrent()) await this.#readPage();
      partRead(button);
      // The button may be gone: who reads by keyboard goes on where the older ones begin.
      if (document.activeElement === button || document.activeElement === document.body) focusEntry(last?.nextElementSibling);
    } catch (error) {
      fill(this.#inside, { 'history-failed': element('span', 'problem', problemText(error)) });
      partFailed(button, () => this.#older(), /** @type {any} */ (error).retryAfter);
    }
  }

  /** @param {boolean} more whether there are older events than those shown */
  #drawEnd(more) {
    fill(this.#inside, { 'history-failed': null });
    this.#button.hidden = !more;
    slot(this.#inside, 'history-partial').hidden = !more;
  }
}

/** @param {Element | null | undefined} line */
function focusEntry(line) {
  if (!(line instanceof HTMLElement)) return;
  line.tabIndex = -1;
  line.focus();
}

/** @param {Change} change */
function entry(change) {
  const { reason } = change;
  const line = clone('timeline-entry');
  setTime(/** @type {HTMLTimeElement} */ (slot(line, 'when')), change.timestamp);
  fill(line, {
    who: `${whoText(change.actor)} · ${howText(change.method)}`,
    reason: reason?.code ? [reasonText(reason.code), reason.reference].filter(Boolean).join(' · ') : null,
    note: reason?.text ?? null,
  });
  if (change.customer) writeDetails(line, change.customer.changed);
  else writeDecision(line, change);
  for (const name of ['notice', 'reason', 'note']) slot(line, name).hidden = !slot(line, name).hasChildNodes();
  return line;
}

/** @param {HTMLElement} line @param {string[]} changed */
function writeDetails(line, changed) {
  fill(line, { what: detailsText(changed) });
  slot(line, 'status').hidden = true;
  slot(line, 'what').translate = true; // the page's own words, no names
}

/** @param {HTMLElement} line @param {Change} change */
function writeDecision(line, { type, consent }) {
  setStatus(slot(line, 'status'), type);
  fill(line, {
    what: whatNode(consent),
    notice: type === 'granted' && consent.notice ? noticeLine(consent.notice) : null,
  });
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
