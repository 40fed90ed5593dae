// The search and the filters.

import { byId, element, on, slot } from '../shared/dom.js';
import { allPurposes, wordsOf } from '../shared/purposes.js';
import { channelName, t } from '../shared/text.js';
import { statusName } from './words.js';
import { between, days, setBetween } from './when.js';

const TYPING_MS = 250;
const SORTS = { '-updated_at': 'csr.sort-newest', 'updated_at': 'csr.sort-oldest', 'customer': 'csr.sort-name', '-customer': 'csr.sort-name-back' };

const search = /** @type {HTMLInputElement} */ (byId('search'));
const [status, purpose, channel, when, sort] = ['status', 'purpose', 'channel', 'when', 'sort'].map((name) => /** @type {HTMLSelectElement} */ (byId(`filter-${name}`)));
const selects = [status, purpose, channel, when, sort];
const heads = /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-sort]'));

/** Makes them work. @param {{onChange: () => void, onEnter: () => void}} page onChange: they are others, or the same again
 * @param {Record<string, string>} chosen by name */
export function prepareFilters({ onChange, onEnter }, chosen) {
  const run = () => (draw(), onChange());
  let typing = 0;
  on(search, 'input', () => (clearTimeout(typing), (typing = setTimeout(run, TYPING_MS))));
  on(search, 'keydown', (event) => event.key === 'Enter' && !event.isComposing && (clearTimeout(typing), run(), onEnter()));
  for (const field of [...selects, ...between]) on(field, 'change', run);
  for (const head of heads) on(slot(head, 'sort'), 'click', () => (sortBy(head.dataset.sort ?? ''), run()));
  on(byId('clear'), 'click', () => (clear(), run(), search.focus()));
  drawOptions();
  setFilters(chosen);
}

/** What is searched for; '' where nothing is. */
export const searchText = () => search.value.trim();

/** @returns {import('./list.js').Query} */
export const query = () => ({ status: status.value, purpose: purpose.value, channel: channel.value, sort: sort.value, ...days(when.value) });

/** Whether something is left out of the list. */
export const isFiltered = () => [status, purpose, channel, when].some(({ value }) => value !== '');

/** Chooses these, and of the others what is usual. @param {Record<string, string>} chosen by name */
export function setFilters(chosen) {
  for (const select of selects) {
    const option = [...select.options].find(({ value }) => value === chosen[nameOf(select)]) ?? select.options[0];
    if (option) select.value = option.value; // before there are any, a link may have been followed
  }
  setBetween(chosen);
  draw();
}

/** Those that are not as usual, by name. @returns {Record<string, string>} */
export function chosenFilters() {
  const fields = when.value === 'between' ? [...selects, ...between] : selects;
  const usual = (/** @type {HTMLSelectElement | HTMLInputElement} */ field) => ('options' in field ? field.options[0].value : '');
  return Object.fromEntries(fields.flatMap((field) => (field.value === usual(field) ? [] : [[nameOf(field), field.value]])));
}

/** @param {HTMLElement} field */
const nameOf = (field) => field.id.replace('filter-', '');

function clear() {
  search.value = '';
  for (const select of [status, purpose, channel, when]) select.value = '';
}

/** The other way round where it is sorted so already. @param {string} by */
function sortBy(by) {
  if (sort.value === by) sort.value = `-${by}`;
  else if (sort.value === `-${by}`) sort.value = by;
  else sort.value = by === 'customer' ? by : `-${by}`;
}

function draw() {
  byId('filter-days').hidden = when.value !== 'between';
  for (const head of heads) {
    const mine = sort.value.replace('-', '') === head.dataset.sort;
    if (mine) head.setAttribute('aria-sort', sort.value.startsWith('-') ? 'descending' : 'ascending');
    else head.removeAttribute('aria-sort');
  }
}

/** What can be chosen; what is chosen stays so. */
export function drawOptions() {
  const channels = [...new Set(allPurposes().flatMap((purpose) => purpose.channels))];
  const statuses = ['granted', 'revoked', 'expired'].map((one) => [one, statusName(one)]);
  fillOptions(status, [['', t('csr.decisions')], ...statuses, ['pending', t('csr.not-asked')], ['any', t('csr.any-status')]]);
  fillOptions(purpose, [['', t('csr.any-purpose')], ...allPurposes().map((one) => [one.key, wordsOf(one).title, wordsOf(one).lang])]);
  fillOptions(channel, [['', t('csr.any-channel')], ...channels.map((one) => [one, channelName(one)])]);
  fillOptions(when, ['', 'today', 'yesterday', 'week', 'between'].map((one) => [one, t(`csr.when-${one || 'any'}`)]));
  fillOptions(sort, Object.entries(SORTS).map(([one, key]) => [one, t(key)]));
}

/** @param {HTMLSelectElement} select @param {string[][]} options value, text, language */
function fillOptions(select, options) {
  const { value: chosen } = select;
  select.replaceChildren(...options.map(([value, text, lang]) => Object.assign(element('option', '', text), { value }, lang ? { lang } : {})));
  if (options.some(([value]) => value === chosen)) select.value = chosen;
}
