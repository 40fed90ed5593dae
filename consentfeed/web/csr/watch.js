// The star on a card: whether its customer is on the watch list.

import { on } from '../shared/dom.js';
import { setPreferences } from '../shared/preferences.js';
import { problemText } from '../shared/problems.js';
import { toast } from '../shared/toasts.js';
import { readChoices } from './alerts.js';

export class WatchButton {
  #button;
  #customer;

  /** @param {HTMLElement} button @param {string} customer */
  constructor(button, customer) {
    this.#button = button;
    this.#customer = customer;
    on(button, 'click', () => this.#turn());
    this.#draw();
  }

  get #isOn() {
    return readChoices().watched.includes(this.#customer);
  }

  async #turn() {
    try {
      await watch(this.#customer, !this.#isOn);
    } catch (error) {
      toast({ kind: 'error', text: problemText(error) });
    }
    this.#draw();
  }

  #draw() {
    this.#button.setAttribute('aria-pressed', String(this.#isOn));
  }
}

/** Watches a customer, or no longer. @param {string} customer @param {boolean} isWatched from now on */
async function watch(customer, isWatched) {
  await setPreferences(() => {
    const others = readChoices().watched.filter((id) => id !== customer);
    return { csr: { ...readChoices(), watched: isWatched ? [...others, customer] : others } };
  });
}
