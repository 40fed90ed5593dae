// The nodes that serve, and their numbers, every five seconds while somebody looks.

import { get } from '../shared/api.js';
import { byId, clone, fill, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { language, t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';

/** @typedef {{streams: number, streams_behind: number, lag_events: number, lag_seconds: number, listener_age: number,
 *   writes_per_second: number, events_per_second: number, deliveries_per_second: number, resets: number,
 *   decisions_waiting: number}} Numbers */
/** @typedef {{id: string, host: string, started_at: string, seen_at: string, numbers: Numbers}} Node */

const REFRESH_MS = 5000;
const SILENT_SECONDS = 15;
// The log is read every two seconds, and the listener proves itself more often: beyond this something is wrong.
const BEHIND_SECONDS = 10;
const LATE_SECONDS = 10;

/** The newest report of each node: its own time, and when it came here by our clock, which may be another.
 * @type {Map<string, {seenAt: string, at: number}>} */
const reports = new Map();

/** @returns {import('./admin.js').Section} */
export function nodesSection() {
  /** @type {List<Node>} */
  const list = new List(byId('nodes'), {
    read,
    key: (node) => node.id,
    row: 'node-row',
    draw: drawNode,
    empty: () => t('nodes.empty'),
    onDraw: drawTotals,
  });
  let timer = 0;
  const refresh = () => void (document.hidden || list.refresh());
  return {
    open() {
      refresh();
      clearInterval(timer);
      timer = window.setInterval(refresh, REFRESH_MS);
    },
    close: () => clearInterval(timer),
    refresh,
  };
}

async function read() {
  const nodes = /** @type {Node[]} */ ((await get('/nodes')).data.nodes);
  const newest = Math.max(...nodes.map((node) => Date.parse(node.seen_at)));
  const now = performance.now();
  for (const node of nodes) {
    if (reports.get(node.id)?.seenAt === node.seen_at) continue;
    // At first sight a node is as old as it lies behind the newest report.
    reports.set(node.id, { seenAt: node.seen_at, at: now - (reports.has(node.id) ? 0 : newest - Date.parse(node.seen_at)) });
  }
  return { items: nodes, next: null };
}

/** @param {Node} node */
const silentSeconds = (node) => (performance.now() - (reports.get(node.id)?.at ?? 0)) / 1000;

/** @param {Node} node @returns {'silent' | 'deaf' | 'behind' | 'well'} */
function stateOf(node) {
  if (silentSeconds(node) > SILENT_SECONDS) return 'silent';
  if (node.numbers.listener_age > LATE_SECONDS) return 'deaf';
  return node.numbers.lag_seconds > BEHIND_SECONDS ? 'behind' : 'well';
}

/** @param {HTMLElement} row @param {Node} node */
function drawNode(row, node) {
  const { numbers } = node;
  const state = stateOf(node);
  row.classList.toggle('off', state === 'silent');
  slot(row, 'state').dataset.mark = { silent: 'bad', deaf: 'bad', behind: 'wait', well: 'good' }[state];
  fill(row, {
    host: node.host,
    state: t(`nodes.is-${state}`, { seconds: Math.round(silentSeconds(node)) }),
    streams: number(numbers.streams),
    streams_behind: number(numbers.streams_behind),
    lag: t('nodes.lag-value', { events: number(numbers.lag_events), seconds: number(numbers.lag_seconds, 1) }),
    listener: t('nodes.seconds', { seconds: number(numbers.listener_age, 1) }),
    writes: number(numbers.writes_per_second, 1),
    events: number(numbers.events_per_second, 1),
    deliveries: number(numbers.deliveries_per_second, 1),
    resets: number(numbers.resets),
    waiting: number(numbers.decisions_waiting),
  });
  const since = slot(row, 'since');
  if (!since.firstChild) since.append(`${t('nodes.since')} `, timeNode(node.started_at));
}

/** All nodes that are not silent, together. @param {Node[]} nodes */
function drawTotals(nodes) {
  const audible = nodes.filter((node) => stateOf(node) !== 'silent');
  const sum = (/** @type {keyof Numbers} */ name) => audible.reduce((all, node) => all + node.numbers[name], 0);
  const totals = {
    nodes: audible.length < nodes.length ? t('nodes.of', { audible: audible.length, all: nodes.length }) : number(nodes.length),
    streams: number(sum('streams')),
    writes: number(sum('writes_per_second'), 1),
    deliveries: number(sum('deliveries_per_second'), 1),
    waiting: number(sum('decisions_waiting')),
  };
  byId('totals').hidden = !nodes.length;
  byId('totals').replaceChildren(
    ...Object.entries(totals).map(([name, value]) => fill(clone('total'), { name: t(`nodes.${name}`), value })),
  );
}

/** @param {number} value @param {number} [digits] */
const number = (value, digits = 0) => value.toLocaleString(language(), { maximumFractionDigits: digits });
