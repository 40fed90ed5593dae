// Which of several consents are revoked: all of them, until somebody takes one out. Part of the dialog for acting on their behalf.

import { byId, clone, fill, on, slot } from '../shared/dom.js';
import { setStatus, whatNode } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */

const all = /** @type {HTMLInputElement} */ (byId('act-all'));

/** One for the page. */
export class Selection {
  /** @type {Map<string, HTMLElement>} */
  #lines = new Map();
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    on(all, 'change', () => this.#setAll());
  }

  /** Of those that are chosen. */
  get ids() {
    return [...this.#lines].filter(([, line]) => box(line).checked).map(([id]) => id);
  }

  /** Whether there were some, and all are revoked. */
  get isDone() {
    return this.#lines.size > 0 && [...this.#lines.values()].every((line) => box(line).disabled);
  }

  /** @param {Consent[]} consents none: there is nothing to choose */
  open(consents) {
    byId('act-selection').hidden = !consents.length;
    this.#lines = new Map(consents.map((consent) => [consent.id, this.#line(consent)]));
    byId('act-consents').replaceChildren(...this.#lines.values());
    this.#draw();
  }

  /** It has changed: what is revoked needs no more. @param {Consent} consent */
  take(consent) {
    const line = this.#lines.get(consent.id);
    if (!line) return;
    setStatus(slot(line, 'status'), consent.status);
    const isRevoked = consent.status === 'revoked';
    Object.assign(box(line), { disabled: isRevoked, checked: !isRevoked && box(line).checked });
    fill(line, { problem: null });
    this.#draw();
  }

  /** @param {string} id @param {string} text why it could not be revoked */
  complain(id, text) {
    const line = this.#lines.get(id);
    if (line) fill(line, { problem: text });
  }

  /** @param {Consent} consent */
  #line(consent) {
    const line = fill(clone('act-line'), { what: whatNode(consent) });
    setStatus(slot(line, 'status'), consent.status);
    box(line).checked = true;
    on(box(line), 'change', () => this.#draw());
    return line;
  }

  #setAll() {
    for (const line of this.#lines.values()) if (!box(line).disabled) box(line).checked = all.checked;
    this.#draw();
  }

  #draw() {
    const open = [...this.#lines.values()].filter((line) => !box(line).disabled);
    const chosen = this.ids.length;
    all.checked = chosen > 0 && chosen === open.length;
    all.indeterminate = chosen > 0 && chosen < open.length;
    this.#onChange();
  }
}

/** @param {HTMLElement} line */
const box = (line) => /** @type {HTMLInputElement} */ (slot(line, 'box'));
