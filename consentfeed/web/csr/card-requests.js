// The rights requests on a card: those that are open first; each unfolds to what was written and done. Kept right by events.

import { get, parameters } from '../shared/api.js';
import { clone, element, on, slot } from '../shared/dom.js';
import { isOpen } from '../shared/due.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { CardRequest } from './card-request.js';
import { askNew } from './request-new.js';
import { noteRequest } from './request-dialog.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */
/** who: whose card it is; onRequest: with what the server has answered. @typedef {{who: () => import('./list.js').Customer | null,
 *   onRequest: (request: RightsRequest) => void}} Page */

const MOST = 200;

export class CardRequests {
  #inside;
  #customer;
  #page;
  /** @type {Map<string, CardRequest>} */
  #lines = new Map();
  /** What colleagues are called. @type {Map<string, string>} */
  #names = new Map();
  #unfolded = '';
  #isRead = false;

  /** @param {HTMLElement} inside of the card @param {string} customer @param {Page} page */
  constructor(inside, customer, page) {
    this.#inside = inside;
    this.#customer = customer;
    this.#page = page;
    on(slot(inside, 'request-new'), 'click', () => this.#ask());
  }

  /** Reads them; what comes from then on comes by the feed. */
  async read() {
    const part = slot(this.#inside, 'requests-part');
    try {
      const { data } = await get(`/rights-requests?${parameters({ customer_id: this.#customer, limit: MOST })}`);
      partRead(part);
      for (const [id, name] of Object.entries(data.accounts)) this.#names.set(id, name);
      this.#isRead = true;
      this.#say('');
      for (const request of data.requests) this.#update(request);
      // What is open is what the card was opened for, or should have been.
      if (data.requests.some(isOpen)) part.parentElement?.prepend(part);
      this.#draw();
    } catch (error) {
      partFailed(part, () => this.read(), /** @type {any} */ (error).retryAfter);
      this.#say(problemText(error));
    }
  }

  /** Shows all of one, also where it is not here yet. @param {string} id */
  unfold(id) {
    this.#unfolded = id;
    this.#lines.get(id)?.unfold();
  }

  /** @param {import('./activity.js').Message} message */
  take({ data }) {
    noteRequest(data);
    this.#update(data.request);
    if (this.#isRead) this.#draw();
  }

  async #ask() {
    const who = this.#page.who();
    const request = who && (await askNew(who));
    if (!request) return;
    this.#changed(request);
    this.#lines.get(request.id)?.focus();
  }

  /** The answer may be here before the event. @param {RightsRequest} request */
  #changed(request) {
    this.#page.onRequest(request);
    this.#update(request);
    this.#draw();
  }

  /** @param {RightsRequest} request */
  #update(request) {
    const line = this.#lines.get(request.id);
    if (line) return line.update(request);
    const made = new CardRequest(clone('card-request'), request, {
      who: this.#page.who,
      names: this.#names,
      onChange: (changed) => this.#changed(changed),
    });
    this.#lines.set(request.id, made);
    if (request.id === this.#unfolded) made.unfold();
  }

  /** Lines that are where they belong stay untouched: the focus may be in one. */
  #draw() {
    const list = slot(this.#inside, 'requests');
    const lines = [...this.#lines.values()].sort((a, b) => Number(isOpen(b.request)) - Number(isOpen(a.request)) || (a.request.due_at < b.request.due_at ? -1 : 1));
    lines.forEach(({ node }, index) => {
      if (list.children[index] !== node) list.insertBefore(node, list.children[index] ?? null);
    });
    if (!lines.length) this.#say(t('csr.requests-none'), false);
    else if (this.#isRead) this.#say('');
  }

  /** @param {string} text @param {boolean} [isProblem] */
  #say(text, isProblem = true) {
    slot(this.#inside, 'requests-state').replaceChildren(...(text ? [element('span', isProblem ? 'problem' : 'muted', text)] : []));
  }
}
