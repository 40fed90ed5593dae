// The table: draws once per frame what has changed, and only the rows that can be seen.

import { clone, on } from '../shared/dom.js';

/** template: of a row, to be measured. @template {{id: string}} Row @typedef {{template: string, make: (row: Row, selected: boolean) => HTMLElement,
 *   write: (node: HTMLElement, row: Row, selected: boolean) => void}} RowKind */

const AROUND = 8;

/** @template {{id: string}} Row */
export class Table {
  /** @type {Map<string, HTMLElement>} rows in the document, by their ids */
  #nodes = new Map();
  /** @type {Set<string>} */
  #dirty = new Set();
  /** The one row that Tab reaches; it stays in the document wherever the rest is scrolled to. */
  #active = '';
  #selected = '';
  #frame = 0;
  #whole = true;
  // Kept from the observers: asking the document in a frame would lay it out again.
  #top = 0;
  #viewport = 0;
  #height = 36;

  /** @param {HTMLElement} grid @param {HTMLElement} body @param {import('./rows.js').Rows<Row>} list @param {RowKind<Row>} kind
   * @param {{open: (row: Row, byKey: boolean) => void, refresh: () => void}} page */
  constructor(grid, body, list, kind, page) {
    this.grid = grid;
    this.body = body;
    this.list = list;
    this.kind = kind;
    this.page = page;
    on(grid, 'scroll', () => ((this.#top = grid.scrollTop), this.#schedule()), { passive: true });
    on(grid, 'keydown', (event) => this.#key(event));
    on(body, 'click', (event) => this.#click(event));
    on(body, 'animationend', (event) => event.target.classList.remove('glow'));
    new ResizeObserver(() => this.#measure()).observe(grid);
    this.#measure();
  }

  #measure() {
    const probe = clone(this.kind.template);
    this.body.append(probe);
    this.#height = probe.offsetHeight || 36;
    probe.remove();
    this.#viewport = this.grid.clientHeight;
    this.#top = this.grid.scrollTop;
    this.draw();
  }

  /** One row has changed, or anything else. @param {string | null} [id] */
  draw(id = null) {
    if (id) this.#dirty.add(id);
    else this.#whole = true;
    this.#schedule();
  }

  /** The rows as they are, in other words. */
  redraw() {
    for (const id of this.#nodes.keys()) this.#dirty.add(id);
    this.#schedule();
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => this.#paint());
  }

  /** Other rows than before: from the top. */
  restart() {
    const focused = this.body.contains(document.activeElement);
    for (const node of this.#nodes.values()) node.remove();
    this.#nodes.clear();
    this.#dirty.clear();
    this.#whole = true;
    this.#top = this.grid.scrollTop = 0;
    if (this.list.indexOf(this.#active) < 0) this.#active = '';
    this.#paint();
    if (focused) this.focus();
  }

  /** Marks the row whose card is open. @param {string} id of the row, or '' */
  select(id) {
    for (const one of [this.#selected, id]) this.#dirty.add(one);
    this.#selected = id;
    this.#schedule();
  }

  /** Puts the keyboard where it was last, or on the first row. */
  focus() {
    this.#go(Math.max(0, this.list.indexOf(this.#active)));
  }

  #paint() {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    const { rows } = this.list;
    const first = Math.max(0, Math.floor(this.#top / this.#height) - AROUND);
    const end = Math.min(rows.length, Math.ceil((this.#top + this.#viewport) / this.#height) + AROUND);
    const indexes = this.#indexes(first, end);
    this.#place(indexes, rows);
    if (this.#whole) this.#frameSize();
    this.#whole = false;
    this.#dirty.clear();
    if (end + 4 * AROUND >= rows.length) this.list.more();
  }

  /** The rows to be seen, and the one that has the keyboard. @param {number} first @param {number} end */
  #indexes(first, end) {
    const indexes = Array.from({ length: Math.max(0, end - first) }, (_, offset) => first + offset);
    const active = this.list.indexOf(this.#active);
    if (active >= 0 && active < first) indexes.unshift(active);
    if (active >= end) indexes.push(active);
    return indexes;
  }

  /** @param {number[]} indexes @param {Row[]} rows */
  #place(indexes, rows) {
    const ids = new Set(indexes.map((index) => rows[index].id));
    for (const [id, node] of this.#nodes) if (!ids.has(id)) node.remove(), this.#nodes.delete(id);
    let after = this.body.firstElementChild;
    for (const index of indexes) {
      const row = rows[index];
      const old = this.#nodes.get(row.id);
      const node = old ?? this.#make(row, index);
      if (old && this.#dirty.has(row.id)) this.kind.write(node, row, row.id === this.#selected);
      if (old && this.#whole) this.#put(node, index);
      if (node === after) after = node.nextElementSibling;
      else this.body.insertBefore(node, after);
    }
  }

  #grow() {
    this.body.style.height = `${this.list.rows.length * this.#height}px`;
  }

  #frameSize() {
    this.#grow();
    this.grid.setAttribute('aria-rowcount', String(this.list.next === null ? this.list.rows.length + 1 : -1));
    const first = this.list.rows[0]?.id;
    const tab = this.#active || first;
    for (const [id, node] of this.#nodes) node.tabIndex = id === tab ? 0 : -1;
  }

  /** @param {Row} row @param {number} index */
  #make(row, index) {
    const node = this.kind.make(row, row.id === this.#selected);
    node.tabIndex = row.id === this.#active || (!this.#active && index === 0) ? 0 : -1;
    this.#put(node, index);
    this.#nodes.set(row.id, node);
    return node;
  }

  /** @param {HTMLElement} node @param {number} index */
  #put(node, index) {
    node.style.transform = `translateY(${index * this.#height}px)`;
    node.setAttribute('aria-rowindex', String(index + 2));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !(event.target instanceof HTMLElement) || !event.target.dataset.id) return;
    const at = this.list.indexOf(event.target.dataset.id);
    const perPage = Math.max(1, Math.floor(this.#viewport / this.#height) - 2);
    const steps = { ArrowDown: at + 1, ArrowUp: at - 1, PageDown: at + perPage, PageUp: at - perPage, Home: 0, End: Infinity };
    if (event.key in steps) this.#go(steps[/** @type {keyof typeof steps} */ (event.key)]);
    else if (event.key === 'Enter' || event.key === ' ') this.page.open(this.list.rows[at], true);
    else if (event.key === 'r') this.page.refresh();
    else return;
    event.preventDefault();
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const node = /** @type {HTMLElement} */ (event.target).closest('[data-id]');
    const index = this.list.indexOf(node instanceof HTMLElement ? (node.dataset.id ?? '') : '');
    if (index < 0 || getSelection()?.type === 'Range') return; // somebody copies a number
    this.#go(index);
    this.page.open(this.list.rows[index], false);
  }

  /** Moves the keyboard to a row, and the row into view. @param {number} target */
  #go(target) {
    const index = Math.min(this.list.rows.length - 1, Math.max(0, target));
    if (index < 0) return;
    this.#active = this.list.rows[index].id;
    this.#grow(); // rows that have come since the last frame: without room for them the scrolling would stop short
    const head = this.body.offsetTop;
    const [above, below] = [index * this.#height, (index + 1) * this.#height + head - this.#viewport];
    if (this.#top > above) this.grid.scrollTop = above;
    else if (this.#top < below) this.grid.scrollTop = below;
    this.#top = this.grid.scrollTop;
    this.#whole = true;
    this.#paint();
    this.#nodes.get(this.#active)?.focus({ preventScroll: true });
  }
}
