// A search box to pick one of the matches: the combobox of the ARIA Authoring Practices.

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
  #onChange;
  /** @type {Choice[]} */
  #choices = [];
  #at = -1;
  #pause = 0;
  #request = 0;
  /** @type {Choice | null} */
  #choice = null;

  /** @param {string} id of the input; its list is called id-list @param {(q: string) => Promise<Choice[]>} search
   * @param {() => void} onChange called when another one is picked, or none any more */
  constructor(id, search, onChange) {
    this.#input = /** @type {HTMLInputElement} */ (byId(id));
    this.#list = byId(`${id}-list`);
    this.#search = search;
    this.#onChange = onChange;
    on(this.#input, 'input', () => this.#onInput());
    on(this.#input, 'keydown', (event) => this.#key(event));
    on(this.#input, 'blur', () => this.#leave());
    on(this.#list, 'mousedown', (event) => event.preventDefault()); // or the input would lose the focus first
    on(this.#list, 'click', (event) => this.#pick(this.#choices[[...this.#list.children].indexOf(event.target.closest('[role=option]'))]));
  }

  /** Id of what is picked; '' where nothing is. */
  get value() {
    return this.#choice?.id ?? '';
  }

  clear() {
    this.#choice = null;
    this.#leave();
  }

  #onInput() {
    clearTimeout(this.#pause);
    const q = this.#input.value.trim();
    if (q) this.#pause = window.setTimeout(() => this.#find(q), PAUSE);
    else this.#pick(null);
  }

  /** @param {string} q */
  async #find(q) {
    const request = ++this.#request;
    try {
      const choices = await this.#search(q);
      if (request !== this.#request) return;
      // Tokens from outside have no account, and customers may be gone: their ids are known all the same.
      this.#show(choices.length || !ID.test(q) ? choices : [{ id: q.toLowerCase(), text: q.toLowerCase() }], t('trail.none-found'));
    } catch (error) {
      if (request === this.#request) this.#show([], problemText(error));
    }
  }

  /** @param {Choice[]} choices @param {string} otherwise the text where there is none */
  #show(choices, otherwise) {
    this.#choices = choices;
    this.#list.replaceChildren(...choices.map((choice, index) => this.#option(choice, index)));
    if (!choices.length) {
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
    const option = element('li');
    option.translate = false;
    option.append(element('bdi', '', choice.text));
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
    const { length } = this.#choices;
    if (event.key === 'ArrowDown' && length) this.#mark((this.#at + 1) % length);
    else if (event.key === 'ArrowUp' && length) this.#mark((Math.max(this.#at, 0) - 1 + length) % length);
    else if (event.key === 'Enter' && length) this.#pick(this.#choices[Math.max(this.#at, 0)]);
    else if (event.key === 'Escape') this.#leave();
    else return;
    event.preventDefault();
  }

  /** @param {Choice | null | undefined} choice */
  #pick(choice) {
    if (choice === undefined) return;
    const before = this.value;
    this.#choice = choice;
    this.#leave();
    if (this.value !== before) this.#onChange();
  }

  /** Only what is picked stays in the box: anything else would look like a filter. */
  #leave() {
    clearTimeout(this.#pause);
    this.#request += 1;
    this.#choices = [];
    this.#input.value = this.#choice?.text ?? '';
    this.#list.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#input.removeAttribute('aria-activedescendant');
  }
}
