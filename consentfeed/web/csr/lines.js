// The consents on a card, each in one line with its buttons; kept right by events, and acted on by click or key.

import { clone, on, slot } from '../shared/dom.js';
import { allPurposes } from '../shared/purposes.js';
import { writeLine } from './line.js';

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {import('./list.js').Customer} Customer */
/** @typedef {'grant' | 'revoke'} Action */

export class Lines {
  #inside;
  #onAct;
  /** @type {Map<string, Consent>} */
  #consents = new Map();
  /** @type {Map<string, HTMLElement>} */
  #nodes = new Map();
  /** @type {Customer | null} */
  #who = null;

  /** @param {HTMLElement} inside of the card @param {(action: Action, consents: Consent[], several: boolean) => void} onAct */
  constructor(inside, onAct) {
    this.#inside = inside;
    this.#onAct = onAct;
    on(slot(inside, 'revoke-several'), 'click', () => onAct('revoke', this.#granted, true));
  }

  /** @param {Consent[]} consents in any order @param {Customer} who */
  show(consents, who) {
    this.#who = who;
    const order = allPurposes().map((purpose) => purpose.key);
    consents.sort((a, b) => order.indexOf(a.purpose) - order.indexOf(b.purpose) || a.channel.localeCompare(b.channel));
    this.#consents = new Map(consents.map((consent) => [consent.id, consent]));
    this.#nodes = new Map(consents.map((consent) => [consent.id, this.#line(consent)]));
    slot(this.#inside, 'consents').replaceChildren(...this.#nodes.values());
    this.#drawSeveral();
  }

  /** Draws them again: a purpose is called otherwise, or the customer has another number. @param {Customer | null} [who] */
  redraw(who = this.#who) {
    this.#who = who;
    for (const [id, node] of this.#nodes) writeLine(node, /** @type {Consent} */ (this.#consents.get(id)), who);
  }

  /** @param {Consent} consent as it is now, unless the one that is shown is newer */
  update(consent) {
    const [current, node] = [this.#consents.get(consent.id), this.#nodes.get(consent.id)];
    if (!node || !current || current.version >= consent.version) return;
    this.#consents.set(consent.id, consent);
    writeLine(node, consent, this.#who).classList.add('glow');
    this.#drawSeveral();
  }

  /** Moves the keyboard to another line. @param {1 | -1} step */
  move(step) {
    const nodes = [...this.#nodes.values()];
    const at = nodes.findIndex((node) => node.contains(document.activeElement));
    const next = at < 0 && step < 0 ? nodes.length - 1 : at + step;
    nodes[Math.min(nodes.length - 1, Math.max(0, next))]?.focus();
  }

  /** Acts on the line that has the keyboard, else on the first. */
  act() {
    const nodes = [...this.#nodes.values()];
    const node = nodes.find((one) => one.contains(document.activeElement)) ?? nodes[0];
    if (node) [slot(node, 'revoke'), slot(node, 'grant')].find((button) => !button.hidden)?.click();
  }

  /** Revokes several, where there are any. */
  revokeSeveral() {
    slot(this.#inside, 'revoke-several').click();
  }

  get #granted() {
    return [...this.#consents.values()].filter(({ status }) => status === 'granted');
  }

  #drawSeveral() {
    slot(this.#inside, 'revoke-several').hidden = this.#granted.length < 2;
  }

  /** @param {Consent} consent */
  #line(consent) {
    const line = clone('card-line');
    for (const action of /** @type {const} */ (['grant', 'revoke'])) {
      on(slot(line, action), 'click', () => this.#onAct(action, [/** @type {Consent} */ (this.#consents.get(consent.id))], false));
    }
    on(line, 'animationend', () => line.classList.remove('glow'));
    return writeLine(line, consent, this.#who);
  }
}
