// Pages of rows in the server's order, as far as they were read. Knows nothing of the screen.

import { get } from '../shared/api.js';

const MAX_ROWS = 10_000;

/** @template {{id: string}} Row */
export class Rows {
  /** @type {Row[]} */
  rows = [];
  /** @type {'loading' | 'ready' | 'error'} */
  phase = 'loading';
  /** @type {import('../shared/api.js').ApiError | null} */
  problem = null;
  /** What the server gives the next page for; null: everything is loaded. @type {string | null} */
  next = null;
  /** How many there are in all, as far as the server can tell at once. */
  about = 0;
  loadedAt = 0;
  #member;
  #path = '';
  /** @type {Map<string, number>} */
  #indexes = new Map();
  #run = 0;
  #loadingMore = false;

  /** @param {string} member of the answer that has the rows @param {(id: string | null) => void} onChange with the id of one row, or null:
   * anything else */
  constructor(member, onChange) {
    this.#member = member;
    this.onChange = onChange;
  }

  /** Whether nothing more comes by scrolling. */
  get complete() {
    return this.next === null || this.rows.length >= MAX_ROWS;
  }

  /** @param {string} id */
  indexOf(id) {
    return this.#indexes.get(id) ?? -1;
  }

  /** Answers that come from now on were asked for before. */
  get run() {
    return this.#run;
  }

  /** Reads the first page. The position in the feed where it stands, or null where it failed or another load overtook it.
   * @param {string} path @returns {Promise<string | null>} */
  async read(path) {
    const run = ++this.#run;
    const same = path === this.#path;
    this.#path = path;
    this.phase = 'loading';
    this.onChange(null);
    try {
      const { data, position } = await get(path);
      if (run !== this.#run) return null;
      this.take(data);
      this.start(data[this.#member], data);
      return position;
    } catch (error) {
      if (run === this.#run) this.fail(/** @type {any} */ (error), same);
      return null;
    }
  }

  /** Other rows than before. @param {Row[]} rows @param {{next: string | null, about?: number}} page */
  start(rows, { next, about = 0 }) {
    this.rows = rows;
    this.#index();
    [this.next, this.about, this.loadedAt, this.phase, this.problem] = [next, about, Date.now(), 'ready', null];
    this.onChange(null);
  }

  #index() {
    this.#indexes = new Map(this.rows.map((row, index) => [row.id, index]));
  }

  /** A row that is new, in its place. @param {Row} row @param {number} index */
  insert(row, index) {
    this.rows.splice(index, 0, row);
    this.#index();
    this.onChange(null);
  }

  /** What was there stays only where it answers the same question. @param {any} error @param {boolean} same */
  fail(error, same) {
    this.phase = 'error';
    this.problem = error;
    if (!same) (this.rows = []), this.#indexes.clear(), (this.next = null);
    this.onChange(null);
  }

  /** Reads the next page, unless it is on its way. */
  async more() {
    if (this.complete || this.#loadingMore || this.phase !== 'ready') return;
    const run = this.#run;
    this.#loadingMore = true;
    try {
      const { data } = await get(`${this.#path}&cursor=${encodeURIComponent(this.next ?? '')}`);
      if (run === this.#run) this.#append(data);
    } catch (error) {
      if (run === this.#run) this.fail(error, true);
    } finally {
      this.#loadingMore = false;
    }
  }

  /** @param {any} page */
  #append(page) {
    this.take(page);
    for (const row of page[this.#member]) {
      // Changed since the first page, it may have moved to where this page begins.
      if (this.#indexes.has(row.id)) this.repeat(row);
      else this.#indexes.set(row.id, this.rows.push(row) - 1), this.add(row);
    }
    this.next = page.next;
    this.onChange(null);
  }

  /** What else an answer says. @type {(page: any) => void} */
  take() {}

  /** A row of a further page. @type {(row: Row) => void} */
  add() {}

  /** A row that is here already. @type {(row: Row) => void} */
  repeat() {}
}
