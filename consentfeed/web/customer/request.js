// One request of the customer: how far it is, until when there is an answer and why then, what was written, and what can be done.

import { get, newKey, post } from '../shared/api.js';
import { clone, element, fill, on, slot } from '../shared/dom.js';
import { becauseText, calendarText, isOpen, isOverdue } from '../shared/due.js';
import { FieldProblem, submitForm } from '../shared/forms.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { saveFile } from '../shared/save-file.js';
import { hasText, t } from '../shared/text.js';
import { dayText, timeNode } from '../shared/time.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */
/** @typedef {{part: string, at: string, by: string, text: string | null}} Written */

let cards = 0;

export class RequestCard {
  node = clone('request');
  request;
  /** Of the version that was read last. */
  #read = 0;
  #form;

  /** @param {RightsRequest} request */
  constructor(request) {
    this.request = request;
    const title = slot(this.node, 'kind');
    title.id = `request-${++cards}`;
    this.node.setAttribute('aria-labelledby', title.id);
    this.#form = /** @type {HTMLFormElement} */ (slot(this.node, 'answer'));
    this.#prepareAnswer();
    on(slot(this.node, 'cancel'), 'click', () => this.#askCancel(true));
    on(slot(this.node, 'keep'), 'click', () => this.#askCancel(false));
    on(slot(this.node, 'really'), 'click', () => this.#cancel());
    on(slot(this.node, 'download'), 'click', () => this.#download());
    this.#draw();
    this.#readTexts();
  }

  /** As it is now, unless what is here is newer. @param {RightsRequest} request */
  take(request) {
    if (request.version <= this.request.version) return;
    this.request = request;
    this.#draw();
    this.#readTexts();
  }

  focus() {
    slot(this.node, 'kind').focus();
  }

  #draw() {
    const { request } = this;
    const open = isOpen(request);
    fill(this.node, {
      kind: t(`customer.want-${request.kind}`),
      reference: request.reference,
      state: stateText(request),
      because: becauseText(request.due_because),
    });
    slot(this.node, 'why').hidden = !open;
    this.#form.hidden = request.status !== 'waiting-for-customer';
    slot(this.node, 'cancel').hidden = !open;
    if (!open) this.#askCancel(false);
    const isPackage = request.status === 'fulfilled' && ['access', 'portability'].includes(request.kind);
    slot(this.node, 'package').hidden = !isPackage;
    /** @type {HTMLAnchorElement} */ (slot(this.node, 'look')).href = `/api/v1/rights-requests/${request.id}/package`;
  }

  /** What was written: it is not in the feed. */
  async #readTexts() {
    const { id } = this.request;
    try {
      const { data } = await get(`/rights-requests/${id}`);
      partRead(this.node);
      if (data.version < this.#read) return;
      this.#read = data.version;
      slot(this.node, 'texts').replaceChildren(...data.texts.map(textNode));
    } catch (error) {
      partFailed(this.node, () => this.#readTexts(), /** @type {any} */ (error).retryAfter);
    }
  }

  #prepareAnswer() {
    const [label, field] = [/** @type {HTMLLabelElement} */ (slot(this.node, 'label')), /** @type {HTMLTextAreaElement} */ (slot(this.node, 'words'))];
    label.htmlFor = field.id = `answer-${cards}`;
    let key = newKey();
    on(this.#form, 'submit', async (event) => {
      event.preventDefault();
      const isSent = await submitForm(this.#form, async () => {
        const text = field.value.trim();
        if (!text) throw new FieldProblem('text', t('customer.answer-missing'));
        this.take((await post(`/rights-requests/${this.request.id}/answer`, { text }, { key })).data.request);
      });
      if (!isSent) return;
      key = newKey();
      field.value = '';
      this.focus();
    });
  }

  /** @param {boolean} asked */
  #askCancel(asked) {
    const hadFocus = slot(this.node, 'sure').contains(document.activeElement);
    slot(this.node, 'sure').hidden = !asked;
    if (asked) slot(this.node, 'really').focus();
    else if (hadFocus) (slot(this.node, 'cancel').hidden ? slot(this.node, 'kind') : slot(this.node, 'cancel')).focus();
  }

  /** As a file: the link leads to the same as a page. */
  async #download() {
    try {
      const { data } = await get(`/rights-requests/${this.request.id}/package`, { patient: true });
      saveFile(`${this.request.reference}.json`, JSON.stringify(data, null, 2), 'application/json');
      fill(this.node, { failed: null });
    } catch (error) {
      fill(this.node, { failed: problemText(error) });
    }
  }

  async #cancel() {
    try {
      this.take((await post(`/rights-requests/${this.request.id}/cancel`, {}, { key: newKey() })).data.request);
      fill(this.node, { failed: null });
    } catch (error) {
      fill(this.node, { failed: problemText(error) });
    }
  }
}

/** @param {RightsRequest} request */
function stateText(request) {
  const values = { day: calendarText(request.due_because.last_day), closed: request.closed_at ? dayText(request.closed_at) : '' };
  return t(isOverdue(request) ? 'customer.request-late' : `customer.request-${request.status}`, values);
}

/** @param {Written} written */
function textNode({ part, at, by, text }) {
  const node = element('li');
  const who = by === 'customer' ? t('customer.who-customer') : t('customer.part-from-us');
  const head = element('p', 'small muted', hasText(`customer.part-${part}`) ? `${t(`customer.part-${part}`)} · ${who} · ` : `${who} · `);
  head.append(timeNode(at));
  const words = element('p', 'request-words', text ?? t('customer.text-gone'));
  words.translate = text === null;
  node.append(head, words);
  return node;
}
