// A customer's history, newest first: what changed, when, who did it and how, what the customer was told, and why.

import { get, parameters } from '../shared/api.js';
import { clone, element, fill, on, slot } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { hasText, t } from '../shared/text.js';
import { setTime } from '../shared/time.js';
import { didText, requestText } from './change.js';
import { noticeName, showNotice } from './notice.js';
import { detailsText, howText, reasonText, setStatus, whatNodeThen, whoText } from './words.js';

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
    who: `${whoText(change.actor)} · ${howText(change.method, change.actor)}`,
    reason: reason?.code ? [reasonText(reason.code), reason.reference].filter(Boolean).join(' · ') : null,
    note: reason?.text ?? null,
  });
  if (change.consent) writeDecision(line, change);
  else if (change.request) writeRequest(line, change.request);
  else writeDetails(line, change);
  for (const name of ['notice', 'reason', 'note']) slot(line, name).hidden = !slot(line, name).hasChildNodes();
  return line;
}

/** A change of the registration, or its end, or of how one wants to be contacted. @param {HTMLElement} line @param {Change} change */
function writeDetails(line, { type, customer }) {
  const ended = type === 'customer-erased' ? t('csr.erased-line') : hasText(`csr.${type}-line`) ? t(`csr.${type}-line`) : type;
  fill(line, { what: customer?.changed ? detailsText(customer.changed) : ended });
  slot(line, 'status').hidden = true;
  slot(line, 'what').translate = true; // the page's own words, no names
}

/** @param {HTMLElement} line @param {import('../shared/due.js').RightsRequest} request as it was then */
function writeRequest(line, request) {
  setStatus(slot(line, 'status'), request.status);
  fill(line, { what: t('csr.request-line', { what: requestText(request), did: didText(request) }) });
  slot(line, 'what').translate = true; // the page's own words
}

/** @param {HTMLElement} line @param {Change} change */
function writeDecision(line, { type, consent }) {
  setStatus(slot(line, 'status'), type);
  fill(line, {
    what: whatNodeThen(consent),
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
