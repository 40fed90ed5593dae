// How a customer wants to be contacted, on the card; changed on their behalf with a reason.

import { get } from '../shared/api.js';
import { languageText, pauseText, quietText } from '../shared/contact-preferences.js';
import { element, on, slot } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { askContact, noteContact } from './contact-dialog.js';

/** @typedef {import('../shared/contact-preferences.js').Preferences} Preferences */

export class CardContact {
  #inside;
  #customer;
  /** @type {Preferences | null} */
  #preferences = null;

  /** @param {HTMLElement} inside of the card @param {string} customer */
  constructor(inside, customer) {
    this.#inside = inside;
    this.#customer = customer;
    on(slot(inside, 'contact-change'), 'click', () => this.#ask());
  }

  /** Also after an event: that has no values. */
  async read() {
    const part = slot(this.#inside, 'contact-part');
    try {
      const { data } = await get(`/customers/${this.#customer}/contact-preferences`);
      partRead(part);
      this.#show(data);
      noteContact(this.#customer, data);
    } catch (error) {
      partFailed(part, () => this.read(), /** @type {any} */ (error).retryAfter);
      slot(this.#inside, 'contact-lines').replaceChildren(element('li', 'problem', problemText(error)));
    }
  }

  async #ask() {
    if (!this.#preferences) return;
    const saved = await askContact(this.#customer, this.#preferences);
    if (saved) this.#show(saved);
  }

  /** @param {Preferences} preferences */
  #show(preferences) {
    if (preferences.version < (this.#preferences?.version ?? 0)) return;
    this.#preferences = preferences;
    const lines = [languageText, quietText, pauseText].map((text) => element('li', '', text(preferences)));
    slot(this.#inside, 'contact-lines').replaceChildren(...lines);
    slot(this.#inside, 'contact-change').hidden = false;
  }
}
