// One rights request on a card: what is demanded, until when it is to be answered and why, what was written and done, and what can
// be done now.

import { get } from '../shared/api.js';
import { element, fill, on, slot } from '../shared/dom.js';
import { becauseText, calendarText, isOpen } from '../shared/due.js';
import { problemText } from '../shared/problems.js';
import { hasText, t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';
import { actionsOf, runAction } from './request-actions.js';
import { historyNode } from './request-history.js';
import { setDue } from './request-row.js';
import { accountText, reasonText, setStatus, whoText } from './words.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */
/** @typedef {{version: number, part: string, at: string, by: string, text: string | null}} Written */
/** names: of colleagues; onChange: with what the server has answered.
 * @typedef {{who: () => import('./list.js').Customer | null, names: Map<string, string>, onChange: (request: RightsRequest) => void}} Page */

let lines = 0;

export class CardRequest {
  node;
  request;
  #page;
  /** Of the version that was read last. */
  #read = 0;

  /** @param {HTMLElement} node @param {RightsRequest} request @param {Page} page */
  constructor(node, request, page) {
    this.node = node;
    this.request = request;
    this.#page = page;
    const body = slot(node, 'body');
    body.id = `request-${++lines}`;
    slot(node, 'head').setAttribute('aria-controls', body.id);
    on(slot(node, 'head'), 'click', () => (body.hidden ? this.unfold() : this.#fold(true)));
    on(node, 'animationend', () => node.classList.remove('glow'));
    this.#draw();
  }

  /** Takes it as it is now, unless what is here is newer. @param {RightsRequest} request */
  update(request) {
    if (request.version <= this.request.version) return;
    this.request = { ...this.request, ...request };
    this.node.classList.add('glow');
    this.#draw();
    if (!slot(this.node, 'body').hidden) this.#readAll();
  }

  focus() {
    slot(this.node, 'head').focus();
  }

  /** Shows all of it. */
  unfold() {
    this.#fold(false);
    this.node.scrollIntoView({ block: 'nearest' });
    this.#readAll();
  }

  /** @param {boolean} folded */
  #fold(folded) {
    slot(this.node, 'body').hidden = folded;
    slot(this.node, 'head').setAttribute('aria-expanded', String(!folded));
  }

  async #readAll() {
    const { id, version } = this.request;
    if (this.#read === version) return;
    try {
      const [one, history] = await Promise.all([get(`/rights-requests/${id}`), get(`/rights-requests/${id}/history`)]);
      this.#read = one.data.version;
      for (const [account, name] of Object.entries(one.data.accounts)) this.#page.names.set(account, name);
      if (one.data.version > this.request.version) this.request = one.data;
      this.#draw();
      slot(this.node, 'texts').replaceChildren(...one.data.texts.map(textNode));
      slot(this.node, 'history').replaceChildren(...history.data.events.map((/** @type {any} */ event) => historyNode(event.data, this.#page.names)));
      fill(this.node, { failed: null });
    } catch (error) {
      fill(this.node, { failed: element('span', 'problem', problemText(error)) });
    }
  }

  #draw() {
    const { request } = this;
    setStatus(slot(this.node, 'status'), request.status);
    setDue(slot(this.node, 'due'), request);
    fill(this.node, {
      kind: t(`right.${request.kind}`),
      reference: request.reference,
      until: t(isOpen(request) ? 'csr.request-until' : 'csr.request-was-until', { day: calendarText(request.due_because.last_day) }),
      because: becauseText(request.due_because),
      received: timeNode(request.received_at),
      came: hasText(`csr.came-${request.came_by}`) ? t(`csr.came-${request.came_by}`) : reasonText(request.came_by),
      assigned: accountText(request.assigned_to, this.#page.names),
    });
    this.#drawActions();
  }

  #drawActions() {
    const row = slot(this.node, 'actions');
    const focused = row.contains(document.activeElement);
    row.replaceChildren(...actionsOf(this.request).map((action) => this.#button(action)));
    row.hidden = !row.childElementCount;
    if (focused) (/** @type {HTMLElement | null} */ (row.firstElementChild) ?? slot(this.node, 'head')).focus();
    slot(this.node, 'admin-alone').hidden = !isOpen(this.request) || this.request.kind !== 'erasure';
    const link = /** @type {HTMLAnchorElement} */ (slot(this.node, 'package'));
    link.hidden = !['access', 'portability'].includes(this.request.kind) || ['refused', 'cancelled'].includes(this.request.status);
    link.href = `/api/v1/rights-requests/${this.request.id}/package`;
  }

  /** @param {string} action */
  #button(action) {
    const button = element('button', 'button', t(`csr.do-${action}`));
    button.setAttribute('type', 'button');
    button.dataset.action = action;
    on(button, 'click', async () => {
      const who = this.#page.who();
      const changed = who && (await runAction(action, this.request, who));
      if (changed) this.#page.onChange(changed);
    });
    return button;
  }
}

/** @param {Written} written */
function textNode({ part, at, by, text }) {
  const node = element('li', 'request-text');
  const head = element('p', 'small muted', `${t(`csr.part-${part}`)} · `);
  head.append(whoText({ kind: by, id: '' }), ' · ', timeNode(at));
  const words = element('p', 'entry-note', text ?? t('csr.text-gone'));
  words.translate = text === null;
  node.append(head, words);
  return node;
}
