// Small pictures of numbers, drawn as SVG: a line over time, and bars of two kinds against each other. Each has the same numbers as a
// table beside it, for who cannot see it or wants to copy them.

import { clone, element, fill, slot } from '../shared/dom.js';
import { count } from '../shared/time.js';

const NS = 'http://www.w3.org/2000/svg';
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [320, 120, 36, 16, 8];

/** names: of the columns of the table, that of the labels first. @typedef {{title: string, names: string[], rows: {label: string, values: number[]}[]}} Data */

/** How one number goes up and down. @param {Data} data @returns {HTMLElement} */
export function lineChart(data) {
  const most = niceMost(data.rows.flatMap(({ values }) => values));
  const [x, y] = [across(data.rows.length, false), (/** @type {number} */ value) => TOP + (1 - value / most) * (HEIGHT - TOP - BOTTOM)];
  const svg = frame(data, [[0, y(0)], [most, y(most)]]);
  // A minute without a report is a gap, and no line from one side to the other.
  const runs = /** @type {number[][]} */ ([[]]);
  for (const [index, { values }] of data.rows.entries()) {
    if (Number.isNaN(values[0])) runs.push([]);
    else runs.at(-1)?.push(index);
  }
  for (const run of runs.filter(({ length }) => length)) {
    const points = run.map((index) => `${x(index)},${y(data.rows[index].values[0])}`);
    // A single point is still to be seen.
    svg.append(shape('polyline', { class: 'line', points: (points.length > 1 ? points : [points[0], points[0]]).join(' ') }));
  }
  return figure(data, svg);
}

/** Two numbers against each other: the first goes up, the second down. @param {Data} data @returns {HTMLElement} */
export function barChart(data) {
  const most = niceMost(data.rows.flatMap(({ values }) => values));
  const middle = (HEIGHT - BOTTOM + TOP) / 2;
  const scale = (middle - TOP) / most;
  const x = across(data.rows.length, true);
  const svg = frame(data, [[most, TOP], [0, middle], [most, 2 * middle - TOP]]);
  const width = Math.max(2, (0.6 * (WIDTH - LEFT)) / Math.max(1, data.rows.length));
  for (const [index, { values }] of data.rows.entries()) {
    const place = { x: x(index) - width / 2, width };
    svg.append(shape('rect', { class: 'up', ...place, y: middle - values[0] * scale, height: values[0] * scale }));
    svg.append(shape('rect', { class: 'down', ...place, y: middle, height: values[1] * scale }));
  }
  return figure(data, svg);
}

/** A share of a whole, as a bar within a line. @param {number} share from 0 to 1 @returns {SVGElement} */
export function shareBar(share) {
  const svg = shape('svg', { class: 'share', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  svg.append(shape('rect', { class: 'whole', width: 100, height: 8 }), shape('rect', { class: 'up', width: 100 * share, height: 8 }));
  return svg;
}

/** Where the nth of them stands. @param {number} length @param {boolean} isBand whether each takes a width */
function across(length, isBand) {
  const [steps, shift] = isBand ? [Math.max(1, length), 0.5] : [Math.max(1, length - 1), 0];
  return (/** @type {number} */ index) => LEFT + ((index + shift) / steps) * (WIDTH - LEFT - 4);
}

/** The least round number that is not below any of them. @param {number[]} values */
function niceMost(values) {
  const most = Math.max(1, ...values.filter((value) => !Number.isNaN(value)));
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 5, 10].map((step) => step * power).find((step) => step >= most) ?? most;
}

/** The picture without what is drawn in it: lines for some values, and the first and last label. @param {Data} data
 * @param {number[][]} marks each a value and its height */
function frame({ title, rows }, marks) {
  const svg = shape('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img', 'aria-label': title });
  for (const [value, y] of marks) {
    svg.append(shape('line', { class: 'mark', x1: LEFT, x2: WIDTH, y1: y, y2: y }));
    svg.append(label(count(value), LEFT - 4, y + 4, 'end'));
  }
  if (rows.length) svg.append(label(rows[0].label, LEFT, HEIGHT - 3, 'start'), label(rows.at(-1)?.label ?? '', WIDTH, HEIGHT - 3, 'end'));
  return svg;
}

/** @param {string} text @param {number} x @param {number} y @param {string} anchor */
function label(text, x, y, anchor) {
  const node = shape('text', { x, y, 'text-anchor': anchor });
  node.textContent = text;
  return node;
}

/** @param {string} name @param {Record<string, string | number>} attributes @returns {SVGElement} */
function shape(name, attributes) {
  const node = document.createElementNS(NS, name);
  for (const [attribute, value] of Object.entries(attributes)) node.setAttribute(attribute, String(value));
  return /** @type {SVGElement} */ (node);
}

/** The picture, what it is called, and its numbers. @param {Data} data @param {SVGElement} svg */
function figure({ title, names, rows }, svg) {
  const node = fill(clone('chart'), { title, picture: svg });
  const head = element('tr');
  head.append(...names.map((name) => Object.assign(element('th', '', name), { scope: 'col' })));
  const body = rows.map(({ label: name, values }) => {
    const row = element('tr');
    const first = Object.assign(element('th', '', name), { scope: 'row' });
    row.append(first, ...values.map((value) => element('td', 'number', Number.isNaN(value) ? '–' : count(value))));
    return row;
  });
  slot(node, 'head').replaceChildren(head);
  slot(node, 'body').replaceChildren(...body);
  return node;
}
