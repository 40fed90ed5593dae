// The pictures of the overview: the last hour, decisions by purpose and day, and how many have said yes.

import { get } from '../shared/api.js';
import { byId, element } from '../shared/dom.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { wordsOf } from '../shared/purposes.js';
import { t } from '../shared/text.js';
import { count, minuteText, monthDayText } from '../shared/time.js';
import { barChart, lineChart, shareBar } from './chart.js';

/** @typedef {{at: string, streams: number, decisions: number, lag_seconds: number}} Minute */
/** @typedef {{day: string, purpose: string, granted: number, revoked: number}} Day */
/** @typedef {{purpose: string, granted: number, revoked: number, expired: number, pending: number}} Tally */
/** @typedef {{minutes: Minute[], days: Day[], purposes: Tally[], counted_at: string}} Statistics */

const MINUTE_MS = 60_000;
const HOUR_MINUTES = 60;
const DAYS = 14;

/** @returns {import('./admin.js').Section} */
export function statisticsSection() {
  let timer = 0;
  const refresh = () => void (document.hidden || read());
  return {
    refresh,
    open() {
      refresh();
      clearInterval(timer);
      timer = window.setInterval(refresh, MINUTE_MS);
    },
    close: () => clearInterval(timer),
  };
}

async function read() {
  const place = byId('pictures');
  try {
    const [statistics, purposes] = await Promise.all([get('/statistics'), get('/purposes')]);
    draw(statistics.data, purposes.data.purposes);
    byId('pictures-problem').textContent = '';
    partRead(place);
  } catch (error) {
    byId('pictures-problem').textContent = problemText(error);
    partFailed(place, read);
  }
}

/** What was opened stays open. @param {Statistics} statistics @param {import('../shared/purposes.js').Purpose[]} purposes */
function draw({ minutes, days, purposes: tallies }, purposes) {
  const open = [...document.querySelectorAll('#pictures details')].map((one) => /** @type {HTMLDetailsElement} */ (one).open);
  byId('pictures-hour').replaceChildren(...hourCharts(minutes));
  byId('pictures-days').replaceChildren(...purposes.map((purpose) => dayChart(purpose, days)));
  byId('rates').replaceChildren(...purposes.map((purpose) => rateRow(purpose, tallies)));
  for (const [index, one] of document.querySelectorAll('#pictures details').entries()) /** @type {HTMLDetailsElement} */ (one).open = open[index] ?? false;
}

/** A minute that nobody reported is a gap. @param {Minute[]} minutes */
function hourCharts(minutes) {
  const byTime = new Map(minutes.map((minute) => [Date.parse(minute.at), minute]));
  // Up to the newest that was reported: by the server's clock, whatever this one says.
  const last = Math.max(...byTime.keys(), 0);
  const times = byTime.size ? Array.from({ length: HOUR_MINUTES }, (_, index) => last - (HOUR_MINUTES - 1 - index) * MINUTE_MS) : [];
  const charts = /** @type {const} */ (['streams', 'decisions', 'lag_seconds']);
  return charts.map((name) =>
    lineChart({
      title: t(`statistics.${name}`),
      names: [t('statistics.minute'), t(`statistics.${name}`)],
      rows: times.map((time) => ({ label: minuteText(time), values: [byTime.get(time)?.[name] ?? NaN] })),
    }),
  );
}

/** @param {import('../shared/purposes.js').Purpose} purpose @param {Day[]} days */
function dayChart(purpose, days) {
  const today = new Date().toISOString().slice(0, 10);
  const last = Math.max(Date.parse(today), ...days.map(({ day }) => Date.parse(day)));
  const dates = Array.from({ length: DAYS }, (_, index) => new Date(last - (DAYS - 1 - index) * 24 * 60 * MINUTE_MS));
  const of = (/** @type {Date} */ date) => days.find(({ day, purpose: key }) => key === purpose.key && day === date.toISOString().slice(0, 10));
  return barChart({
    title: wordsOf(purpose).title,
    names: [t('statistics.day'), t('status.granted'), t('status.revoked')],
    rows: dates.map((date) => ({ label: monthDayText(date), values: [of(date)?.granted ?? 0, of(date)?.revoked ?? 0] })),
  });
}

/** @param {import('../shared/purposes.js').Purpose} purpose @param {Tally[]} tallies */
function rateRow(purpose, tallies) {
  const { granted, revoked, expired, pending } = tallies.find((tally) => tally.purpose === purpose.key) ?? { granted: 0, revoked: 0, expired: 0, pending: 0 };
  const all = granted + revoked + expired + pending;
  const row = element('tr');
  const name = Object.assign(element('th', '', wordsOf(purpose).title), { scope: 'row', translate: false });
  const share = element('td', 'rate');
  share.append(all ? `${count(Math.round((1000 * granted) / all) / 10)} % ` : '–', shareBar(all ? granted / all : 0));
  row.append(name, share, ...[granted, revoked, expired, pending].map((value) => element('td', 'number', count(value))));
  return row;
}
