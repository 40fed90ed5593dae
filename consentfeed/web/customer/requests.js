// What the customer has demanded by law: the list, kept right by the feed, and asking for more.

import { get } from '../shared/api.js';
import { byId, element, on } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { askForMore } from './ask.js';
import { RequestCard } from './request.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */

export class Requests {
  /** @type {Map<string, RequestCard>} */
  #cards = new Map();
  #state = byId('requests-state');

  constructor() {
    on(byId('ask-open'), 'click', () => this.#ask());
  }

  /** Reads them; what comes from then on comes by the feed. Never fails. */
  async read() {
    try {
      const { data } = await get('/rights-requests?limit=1000');
      partRead(byId('requests'));
      for (const request of data.requests) this.take(request);
      this.#state.textContent = data.requests.length ? '' : t('customer.requests-none');
    } catch (error) {
      partFailed(byId('requests'), () => this.read(), /** @type {any} */ (error).retryAfter);
      this.#state.replaceChildren(element('span', 'problem', problemText(error)));
    }
  }

  /** A request as it is now: the newest is first. @param {RightsRequest} request */
  take(request) {
    const card = this.#cards.get(request.id);
    if (card) return card.take(request);
    const made = new RequestCard(request);
    this.#cards.set(request.id, made);
    this.#state.textContent = '';
    const cards = [...this.#cards.values()].sort((a, b) => (a.request.received_at < b.request.received_at ? 1 : -1));
    const list = byId('requests');
    const next = cards[cards.indexOf(made) + 1]?.node ?? null;
    list.insertBefore(made.node, next);
  }

  async #ask() {
    const request = await askForMore();
    if (!request) return;
    this.take(request);
    this.#cards.get(request.id)?.focus();
  }
}
