// A search box that picks one of what it finds: the combobox of the ARIA Authoring Practices.

import { byId, element, on } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';

/** @typedef {{id: string, text: string, detail?: string | null}} Choice */

const PAUSE = 250;
const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export class Picker {
  #input;
  #list;
  #search;
  #changed;
  /** @type {Choice[]} */
  #found = [];
  #at = -1;
  #pause = 0;
  #asked = 0;
  /** @type {Choice | null} */
  #picked = null;

  /** @param {string} id of the input; its list is called id-list @param {(q: string) => Promise<Choice[]>} search
   * @param {() => void} changed called when another one is picked, or none any more */
  constructor(id, search, changed) {
    this.#input = /** @type {HTMLInputElement} */ (byId(id));
    this.#list = byId(`${id}-list`);
    this.#search = search;
    this.#changed = changed;
    on(this.#input, 'input', () => this.#typed());
    on(this.#input, 'keydown', (event) => this.#key(event));
    on(this.#input, 'blur', () => this.#leave());
    on(this.#list, 'mousedown', (event) => event.preventDefault()); // or the input would lose the focus first
    on(this.#list, 'click', (event) => this.#pick(this.#found[[...this.#list.children].indexOf(event.target.closest('[role=option]'))]));
  }

  /** Id of what is picked; '' where nothing is. */
  get value() {
    return this.#picked?.id ?? '';
  }

  clear() {
    this.#picked = null;
    this.#leave();
  }

  #typed() {
    clearTimeout(this.#pause);
    const q = this.#input.value.trim();
    if (q) this.#pause = window.setTimeout(() => this.#find(q), PAUSE);
    else this.#pick(null);
  }

  /** @param {string} q */
  async #find(q) {
    const asked = ++this.#asked;
    try {
      const found = await this.#search(q);
      if (asked !== this.#asked) return;
      // Tokens from outside have no account, and customers may be gone: their ids are known all the same.
      this.#show(found.length || !ID.test(q) ? found : [{ id: q.toLowerCase(), text: q.toLowerCase() }], t('trail.none-found'));
    } catch (error) {
      if (asked === this.#asked) this.#show([], problemText(error));
    }
  }

  /** @param {Choice[]} found @param {string} otherwise what is said where there is none */
  #show(found, otherwise) {
    this.#found = found;
    this.#list.replaceChildren(...found.map((choice, index) => this.#option(choice, index)));
    if (!found.length) {
      const none = element('li', 'muted', otherwise);
      none.setAttribute('role', 'option');
      none.setAttribute('aria-disabled', 'true');
      this.#list.append(none);
    }
    this.#list.hidden = false;
    this.#input.setAttribute('aria-expanded', 'true');
    this.#mark(-1);
  }

  /** @param {Choice} choice @param {number} index */
  #option(choice, index) {
    const option = element('li', '', choice.text);
    option.id = `${this.#list.id}-${index}`;
    option.setAttribute('role', 'option');
    if (choice.detail) option.append(' ', element('span', 'small muted', choice.detail));
    return option;
  }

  /** @param {number} at */
  #mark(at) {
    this.#at = at;
    for (const [index, option] of [...this.#list.children].entries()) option.setAttribute('aria-selected', String(index === at));
    if (at < 0) this.#input.removeAttribute('aria-activedescendant');
    else this.#input.setAttribute('aria-activedescendant', `${this.#list.id}-${at}`);
    this.#list.children[at]?.scrollIntoView({ block: 'nearest' });
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (this.#list.hidden) return;
    const { length } = this.#found;
    if (event.key === 'ArrowDown' && length) this.#mark((this.#at + 1) % length);
    else if (event.key === 'ArrowUp' && length) this.#mark((Math.max(this.#at, 0) - 1 + length) % length);
    else if (event.key === 'Enter' && length) this.#pick(this.#found[Math.max(this.#at, 0)]);
    else if (event.key === 'Escape') this.#leave();
    else return;
    event.preventDefault();
  }

  /** @param {Choice | null | undefined} choice */
  #pick(choice) {
    if (choice === undefined) return;
    const before = this.value;
    this.#picked = choice;
    this.#leave();
    if (this.value !== before) this.#changed();
  }

  /** What the box says is what is picked: anything else would look like a filter. */
  #leave() {
    clearTimeout(this.#pause);
    this.#asked += 1;
    this.#found = [];
    this.#input.value = this.#picked?.text ?? '';
    this.#list.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#input.removeAttribute('aria-activedescendant');
  }
}
