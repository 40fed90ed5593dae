// The moment after a switch was turned off in which a second tap may follow, as of a double click: it takes the first one back.

import { on } from '../shared/dom.js';

const PAUSE_MS = 400;

export class Pause {
  #end = () => {};

  constructor() {
    // Who leaves meanwhile has meant it.
    on(window, 'pagehide', () => this.end());
    on(document, 'visibilitychange', () => document.hidden && this.end());
  }

  /** What waits goes on at once. */
  end() {
    this.#end();
  }

  /** A moment from now. @returns {Promise<void>} */
  begin() {
    this.end();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, PAUSE_MS);
      this.#end = () => (clearTimeout(timer), resolve());
    });
  }
}
