// The search and the filters, and the line that says what they found and of when it is.

import { byId, element, on, slot } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { allPurposes, wordsOf } from '../shared/purposes.js';
import { channelName, t } from '../shared/text.js';
import { clockText, minuteText } from '../shared/time.js';
import { statusName } from './words.js';

const TYPING_MS = 250;
const SORTS = { '-updated_at': 'csr.sort-newest', 'updated_at': 'csr.sort-oldest', 'customer': 'csr.sort-name', '-customer': 'csr.sort-name-back' };

const search = /** @type {HTMLInputElement} */ (byId('search'));
const selects = ['status', 'purpose', 'channel', 'sort'].map((name) => /** @type {HTMLSelectElement} */ (byId(`filter-${name}`)));
const heads = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-sort]'));

/** @typedef {import('./list.js').Query} Query */

/** Makes them work. @param {(query: Query) => void} onQuery with another one, or the same again */
export function prepareFilters(onQuery) {
  const run = () => (drawSort(), onQuery(query()));
  let typing = 0;
  on(search, 'input', () => (clearTimeout(typing), (typing = setTimeout(run, TYPING_MS))));
  for (const select of selects) on(select, 'change', run);
  for (const head of heads) on(slot(head, 'sort'), 'click', () => (sortBy(head.dataset.sort ?? ''), run()));
  on(byId('clear'), 'click', () => (clear(), run(), search.focus()));
  drawOptions();
  drawSort();
}

/** @returns {Query} */
export function query() {
  const [status, purpose, channel, sort] = selects.map((select) => select.value);
  return { q: search.value.trim(), status, purpose, channel, sort };
}

function clear() {
  search.value = '';
  for (const select of selects.slice(0, 3)) select.value = '';
}

/** The other way round where it is sorted so already. @param {string} by */
function sortBy(by) {
  const sort = selects[3];
  if (sort.value === by) sort.value = `-${by}`;
  else if (sort.value === `-${by}`) sort.value = by;
  else sort.value = by === 'customer' ? by : `-${by}`;
}

function drawSort() {
  const { sort } = query();
  for (const head of heads) {
    const mine = sort.replace('-', '') === head.dataset.sort;
    if (mine) head.setAttribute('aria-sort', sort.startsWith('-') ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  }
}

/** What can be chosen; what is chosen stays so. */
export function drawOptions() {
  const channels = [...new Set(allPurposes().flatMap((purpose) => purpose.channels))];
  const choices = [
    [['', t('csr.any-status')], ...['granted', 'revoked', 'expired', 'pending'].map((status) => [status, statusName(status)])],
    [['', t('csr.any-purpose')], ...allPurposes().map((purpose) => [purpose.key, wordsOf(purpose).title, wordsOf(purpose).lang])],
    [['', t('csr.any-channel')], ...channels.map((channel) => [channel, channelName(channel)])],
    Object.entries(SORTS).map(([sort, key]) => [sort, t(key)]),
  ];
  choices.forEach((options, index) => {
    const { value: chosen } = selects[index];
    selects[index].replaceChildren(...options.map(([value, text, lang]) => Object.assign(element('option', '', text), { value }, lang ? { lang } : {})));
    if (options.some(([value]) => value === chosen)) selects[index].value = chosen;
  });
}

/** How many there are, what is new, what went wrong. @param {import('./list.js').ConsentList} list */
export function drawList(list) {
  const { phase, rows, fresh, problem } = list;
  byId('list').dataset.phase = phase;
  byId('grid').setAttribute('aria-busy', String(phase === 'loading'));
  byId('clear').hidden = !isFiltered(list.query);
  byId('show-filters').dataset.used = String(isFiltered({ ...list.query, q: '' }));
  if (phase !== 'loading') setText(byId('count'), countText(list));
  byId('fresh').hidden = !fresh.size;
  setText(byId('fresh'), t('csr.fresh', { count: fresh.size }));
  drawState(list);
  byId('strip').hidden = !(problem && rows.length);
  if (problem) setText(slot(byId('strip'), 'text'), `${t('csr.failed')} ${problemText(problem)}`);
}

/** @param {import('./list.js').ConsentList} list */
function countText({ phase, rows, next, complete }) {
  if (phase === 'error' && !rows.length) return '';
  const count = rows.length;
  if (next === null) return t('csr.count', { count });
  return complete ? t('csr.count-most', { count }) : t('csr.count-loaded', { count });
}

/** @param {Query} query */
const isFiltered = (query) => Boolean(query.q || query.status || query.purpose || query.channel);

/** In place of rows: loading, nothing found, failed. @param {import('./list.js').ConsentList} list */
function drawState({ phase, rows, query, problem }) {
  const state = byId('state');
  state.hidden = rows.length > 0 || phase === 'loading';
  byId('list').dataset.blank = String(!rows.length && phase === 'loading');
  if (state.hidden) return;
  const text = problem ? `${t('csr.failed')} ${problemText(problem)}` : t(isFiltered(query) ? 'csr.none-found' : 'csr.none');
  const act = element('button', 'button', t(problem ? 'csr.try-again' : 'csr.clear-all'));
  on(act, 'click', () => byId(problem ? 'refresh' : 'clear').click());
  state.replaceChildren(element('p', problem ? 'problem' : '', text), ...(problem || isFiltered(query) ? [act] : []));
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
