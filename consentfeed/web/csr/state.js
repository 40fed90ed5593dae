// What is said of the list, or of what a search has found: how many there are, what is new, what went wrong, of when it is.

import { byId, element, on, slot } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { clockText, minuteText } from '../shared/time.js';
import { isFiltered, searchText } from './filters.js';
import { chosenQueue } from './views.js';

/** @typedef {import('./rows.js').Rows<any>} Rows */
/** Which of the lists it is, by the id of its element. @typedef {'grid' | 'found' | 'queue'} Kind */

/** @param {Rows} shown @param {Set<string> | null} fresh null: it has none @param {Kind} kind */
export function drawState(shown, fresh, kind) {
  const { phase, rows, problem } = shown;
  byId('list').dataset.phase = phase;
  byId(kind).setAttribute('aria-busy', String(phase === 'loading'));
  byId('clear').hidden = !searchText() && !(kind === 'grid' && isFiltered());
  byId('show-filters').dataset.used = String(isFiltered());
  if (phase !== 'loading') setText(byId('count'), countText(shown, kind));
  byId('fresh').hidden = !fresh?.size;
  setText(byId('fresh'), t('csr.fresh', { count: fresh?.size ?? 0 }));
  drawPlaceholder(shown, kind);
  byId('strip').hidden = !(problem && rows.length);
  if (problem) setText(slot(byId('strip'), 'text'), problemLine(shown, kind));
}

/** @param {Rows} shown @param {Kind} kind */
function problemLine({ problem }, kind) {
  const isLocal = kind === 'found' && problem?.status === 0;
  return `${t(isLocal ? 'csr.found-here' : 'csr.failed')} ${problemText(problem)}`;
}

/** @param {Rows} shown @param {Kind} kind */
function countText({ phase, rows, next, about }, kind) {
  if (phase === 'error' && !rows.length) return '';
  if (kind === 'queue') return t(next === null ? 'csr.count-requests' : 'csr.count-requests-more', { count: rows.length });
  if (kind === 'found') return t('csr.count-found', { count: next === null ? rows.length : Math.max(about, rows.length) });
  if (next === null) return t('csr.count', { count: rows.length });
  return about > rows.length ? t('csr.count-about', { count: rounded(about) }) : t('csr.count-more', { count: rows.length });
}

/** An estimate is not told to the last digit. @param {number} count */
export function rounded(count) {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(count || 1)) - 1);
  return Math.round(count / step) * step;
}

/** In place of rows: loading, nothing found, failed. @param {Rows} shown @param {Kind} kind */
function drawPlaceholder({ phase, rows, problem }, kind) {
  const state = byId('state');
  state.hidden = rows.length > 0 || phase === 'loading';
  byId('list').dataset.blank = String(!rows.length && phase === 'loading');
  if (state.hidden) return;
  const isNarrowed = kind === 'found' || (kind === 'grid' && isFiltered());
  const text = problem ? `${t('csr.failed')} ${problemText(problem)}` : emptyText(kind, isNarrowed);
  const act = element('button', 'button', t(problem ? 'csr.try-again' : 'csr.clear-all'));
  on(act, 'click', () => byId(problem ? 'refresh' : 'clear').click());
  state.replaceChildren(element('p', problem ? 'problem' : '', text), ...(problem || isNarrowed ? [act] : []));
}

/** @param {Kind} kind @param {boolean} isNarrowed */
function emptyText(kind, isNarrowed) {
  if (kind === 'queue') return t(`csr.no-requests-${chosenQueue()}`);
  return t(kind === 'found' ? 'csr.nobody-found' : isNarrowed ? 'csr.none-found' : 'csr.none');
}

/** Of when the page is: while the feed is away, since when it stands still. @param {number} at @param {boolean} stale */
export function drawUpdated(at, stale) {
  const updated = byId('updated');
  updated.dataset.stale = String(stale);
  setText(updated, at ? (stale ? t('csr.stale', { time: minuteText(at) }) : t('csr.updated', { time: clockText(at) })) : '');
}

/** @param {HTMLElement} node @param {string} text */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
