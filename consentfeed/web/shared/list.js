// A list and its states: loading, empty, error (nothing to show), ready, stale (what is shown is from before).

import { clone, element, fill, on, slot } from './dom.js';
import { partFailed, partRead } from './parts.js';
import { problemText } from './problems.js';
import { t } from './text.js';
import { clockText } from './time.js';

/** @template T @typedef {{
 *   read: (cursor: string | null) => Promise<{items: T[], next: string | null}>,
 *   key: (item: T) => string,
 *   row: string,
 *   draw: (row: HTMLElement, item: T) => void,
 *   empty: () => string,
 *   onDraw?: (items: T[]) => void,
 * }} Kind row is the template of a row; empty says what to do where there is none; onDraw is called after each drawing */

/** @template T */
export class List {
  /** @type {T[]} */
  items = [];
  /** @type {'loading' | 'empty' | 'error' | 'ready' | 'stale'} */
  state = 'loading';
  /** The number of the newest request: answers to older ones are not shown. */
  #request = 0;
  /** @type {string | null} */
  #next = null;
  #readAt = 0;
  /** @type {Map<string, HTMLElement>} */
  #rows = new Map();

  /** @param {HTMLElement} root with a slot "body" @param {Kind<T>} kind */
  constructor(root, kind) {
    this.root = root;
    this.kind = kind;
    this.body = slot(root, 'body');
    this.note = clone('list-note');
    this.loading = element('div');
    // Both are there before they say anything: what comes in with its text is not read out by all.
    this.placeholder = element('div');
    this.placeholder.setAttribute('role', 'status');
    this.failure = element('div');
    this.failure.setAttribute('role', 'alert');
    this.moreButton = element('button', 'button no-print', t('list.more'));
    root.prepend(this.note);
    root.append(this.loading, this.placeholder, this.failure, this.moreButton);
    on(slot(this.note, 'again'), 'click', () => this.refresh());
    on(this.moreButton, 'click', () => this.#more());
    this.#show('loading');
  }

  /** Reads the list anew, as far as it was read; what is shown stays until the answer is here. @returns {Promise<boolean>} whether it came */
  async refresh() {
    if (!this.#readAt) this.#show('loading');
    return this.#read(null, this.items.length);
  }

  /** Forgets what is shown: the next refresh reads another list. */
  reset() {
    this.#request += 1;
    this.#readAt = 0;
    this.items = [];
    this.#show('loading');
  }

  /** Draws again, with this item in place of the one with its key. @param {T} item */
  replace(item) {
    this.items = this.items.map((one) => (this.kind.key(one) === this.kind.key(item) ? item : one));
    this.#draw();
  }

  /** Takes an item out. @param {T} item */
  remove(item) {
    this.items = this.items.filter((one) => this.kind.key(one) !== this.kind.key(item));
    this.#draw();
  }

  /** @param {string} key */
  find(key) {
    return this.items.find((item) => this.kind.key(item) === key);
  }

  async #more() {
    const row = this.items.length;
    if (!(await this.#read(this.#next))) return;
    const first = /** @type {HTMLElement | undefined} */ (this.body.children[row]);
    if (!first) return;
    first.tabIndex = -1;
    const controls = /** @type {NodeListOf<HTMLElement>} */ (first.querySelectorAll('button, a, summary'));
    ([...controls].find((one) => one.checkVisibility()) ?? first).focus();
  }

  /** @param {string | null} cursor @param {number} [count] how many there are to be at least */
  async #read(cursor, count = 0) {
    const request = ++this.#request;
    this.root.setAttribute('aria-busy', 'true');
    try {
      const page = await this.kind.read(cursor);
      while (page.next && page.items.length < count && request === this.#request) {
        const { items, next } = await this.kind.read(page.next);
        Object.assign(page, { items: [...page.items, ...items], next });
      }
      if (request !== this.#request) return false;
      this.items = cursor ? [...this.items, ...page.items] : page.items;
      this.#next = page.next;
      this.#readAt = Date.now();
      this.#draw();
      return true;
    } catch (error) {
      if (request === this.#request) this.#show(this.#readAt ? 'stale' : 'error', problemText(error));
      return false;
    } finally {
      if (request === this.#request) this.root.removeAttribute('aria-busy');
    }
  }

  /** Rows keep their elements, and with them the focus. */
  #draw() {
    const rows = new Map(this.items.map((item) => [this.kind.key(item), this.#rows.get(this.kind.key(item)) ?? clone(this.kind.row)]));
    for (const [key, row] of this.#rows) if (!rows.has(key)) row.remove();
    this.#rows = rows;
    this.items.forEach((item, index) => {
      const row = /** @type {HTMLElement} */ (rows.get(this.kind.key(item)));
      row.dataset.key = this.kind.key(item);
      this.kind.draw(row, item);
      if (this.body.children[index] !== row) this.body.insertBefore(row, this.body.children[index] ?? null);
    });
    this.#show(this.items.length ? 'ready' : 'empty');
    this.kind.onDraw?.(this.items);
  }

  /** @param {List<T>['state']} state @param {string} [why] */
  #show(state, why = '') {
    this.state = state;
    this.root.dataset.state = state;
    if (state === 'error' || state === 'stale') partFailed(this.root, () => this.refresh());
    else if (state !== 'loading') partRead(this.root);
    const time = this.#readAt ? clockText(this.#readAt) : '';
    this.note.hidden = state === 'loading' || state === 'error';
    slot(this.note, 'updated').textContent = state === 'stale' ? t('list.stale', { time, why }) : t('list.updated', { time });
    slot(this.note, 'again').textContent = t(state === 'stale' ? 'error.again' : 'list.refresh');
    this.moreButton.hidden = !this.#next || !['ready', 'stale'].includes(state);
    this.loading.replaceChildren(...(state === 'loading' ? [clone('list-loading')] : []));
    this.placeholder.replaceChildren(...(state === 'empty' ? [this.#box(this.kind.empty(), '')] : []));
    this.failure.replaceChildren(...(state === 'error' ? [this.#box(t('list.failed'), why)] : []));
  }

  /** What stands in place of the rows. @param {string} words @param {string} detail of a failure */
  #box(words, detail) {
    const box = fill(clone('list-state'), { words, detail });
    slot(box, 'again').hidden = this.state !== 'error';
    on(slot(box, 'again'), 'click', () => this.refresh());
    return box;
  }
}
