// The trail as a file: all lines that the filters find, with ids, for a spreadsheet or whoever audits it.

import { get, parameters } from '../shared/api.js';
import { byId } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { count } from '../shared/time.js';
import { csv, save } from './csv.js';

/** @typedef {import('./trail.js').Access} Access */

const PAGE = 1000;
// What a spreadsheet holds; who needs more narrows the time.
const MOST = 200_000;
const COLUMNS = ['at', 'actor', 'email', 'name', 'role', 'action', 'customers', 'filters', 'rows'];

/** Reads all of them, and has the browser save them; what hinders that is said. @param {Record<string, string>} filters */
export async function exportTrail(filters) {
  const button = byId('trail-csv');
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  const say = (/** @type {string} */ text) => (byId('trail-export').textContent = text);
  try {
    const accesses = await readAll(filters, (read) => say(t('trail.reading', { count: read })));
    save(`access-trail-${new Date().toISOString().slice(0, 10)}.csv`, csv([COLUMNS, ...accesses.map(cells)]));
    say(accesses.length < MOST ? t('trail.exported', { count: accesses.length }) : t('trail.exported-part', { most: count(MOST) }));
  } catch (error) {
    say(problemText(error));
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

/** @param {Record<string, string>} filters @param {(read: number) => void} onPage @returns {Promise<Access[]>} */
async function readAll(filters, onPage) {
  /** @type {Access[]} */
  const all = [];
  let cursor = null;
  do {
    const { data } = await get(`/accesses?${parameters({ ...filters, limit: PAGE, cursor })}`);
    all.push(...data.accesses);
    onPage(all.length);
    cursor = data.next;
  } while (cursor && all.length < MOST);
  return all;
}

/** @param {Access} access */
const cells = ({ at, actor, action, customers, filters, rows }) => [
  at, actor.id, actor.email ?? '', actor.name ?? '', actor.role, action, customers.join(' '), JSON.stringify(filters), rows,
];
