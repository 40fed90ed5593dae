// Imports: who brought what in, from where, and what became of the rows. #imports/<id> shows which rows were not recorded.

import { get, parameters } from '../shared/api.js';
import { byId, fill, on, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { hasText, language, t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';

/** @typedef {{recorded: number, unchanged: number, superseded: number, skipped: number, erased: number, refused: number}} Counts */
/** @typedef {{id: string, source: string, actor: {kind: string, id: string, name: string | null}, started_at: string,
 *   last_at: string, counts: Counts}} Import */
/** @typedef {{row: number, code: string, member: string | null}} Line */

const PAGE = 100;
const COUNTS = /** @type {const} */ (['recorded', 'unchanged', 'superseded', 'skipped', 'erased', 'refused']);

/** @returns {import('./admin.js').Section} */
export function importsSection() {
  /** @type {List<Import>} */
  const list = new List(byId('imports'), {
    read: async (cursor) => {
      const { data } = await get(`/imports?${parameters({ limit: PAGE, cursor })}`);
      return { items: data.imports, next: data.next };
    },
    key: (one) => one.id,
    row: 'import-row',
    draw: drawImport,
    empty: () => t('imports.empty'),
  });
  let shown = '';
  /** @type {List<Line>} */
  const report = new List(byId('import-lines'), {
    read: async () => ({ items: (await get(`/imports/${encodeURIComponent(shown)}/report`)).data.lines, next: null }),
    key: (line) => String(line.row),
    row: 'import-line',
    draw: drawLine,
    empty: () => t('imports.report-empty'),
  });
  const refresh = () => {
    void list.refresh();
    if (shown) void report.refresh();
  };
  on(byId('import-report-close'), 'click', () => (location.hash = 'imports'));
  return {
    open(rest) {
      if (rest !== shown) report.reset();
      shown = rest;
      byId('import-report').hidden = !shown;
      refresh();
      if (shown) byId('import-report-title').focus();
    },
    refresh,
  };
}

/** @param {HTMLElement} row @param {Import} one */
function drawImport(row, one) {
  fill(row, { source: one.source, who: whoText(one), started: timeNode(one.started_at) });
  for (const name of COUNTS) slot(row, name).textContent = one.counts[name].toLocaleString(language());
  const link = /** @type {HTMLAnchorElement} */ (slot(row, 'report'));
  link.href = `#imports/${one.id}`;
  link.hidden = !(one.counts.superseded + one.counts.erased + one.counts.refused);
  link.setAttribute('aria-label', t('imports.report-of', { source: one.source }));
}

/** @param {Import} one */
const whoText = ({ actor }) => actor.name ?? (hasText(`role.${actor.kind}`) ? t(`role.${actor.kind}`) : actor.kind);

/** @param {HTMLElement} row @param {Line} line */
function drawLine(row, line) {
  fill(row, {
    row: line.row.toLocaleString(language()),
    why: hasText(`imports.why-${line.code}`) ? t(`imports.why-${line.code}`) : line.code,
    member: line.member ?? '',
  });
}
