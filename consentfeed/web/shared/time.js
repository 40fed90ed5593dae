// Times as people read them: relative up to an hour, then absolute in the viewer's zone; the exact UTC on hover.

import { now } from './clock.js';
import { language, t } from './text.js';

const HOUR = 3_600_000;

/** @type {Record<string, string>} */
const locales = {};
const locale = () => (locales[language()] ??= localeOf(language()));

/** The viewer's own variant of a language, as en-GB; English where the browser has no month names in it, but "M11".
 * @param {string} code @returns {string} */
function localeOf(code) {
  if (/^M\d/.test(new Date().toLocaleDateString(code, { month: 'long' }))) return localeOf('en');
  return navigator.languages.find((tag) => tag.toLowerCase().startsWith(`${code}-`)) ?? (code === 'en' ? 'en-GB' : code);
}

/** "12,408". @param {number} value */
export const count = (value) => value.toLocaleString(locale());

/** "3 March 2026, 10:15". @param {string | Date} at */
export const dateText = (at) => new Date(at).toLocaleString(locale(), { dateStyle: 'long', timeStyle: 'short' });

/** "3 March 2026". @param {string | Date} at */
export const dayText = (at) => new Date(at).toLocaleDateString(locale(), { dateStyle: 'long' });

/** "3 Mar": a day of UTC. @param {Date} at */
export const monthDayText = (at) => at.toLocaleDateString(locale(), { day: 'numeric', month: 'short', timeZone: 'UTC' });

/** "10:15:30". @param {number | string | Date} at */
export const clockText = (at) => new Date(at).toLocaleTimeString(locale(), { timeStyle: 'medium' });

/** "10:15". @param {number | string | Date} at */
export const minuteText = (at) => new Date(at).toLocaleTimeString(locale(), { timeStyle: 'short' });

/** The instant itself, as the log has it. @param {string} iso */
export const utcText = (iso) => iso.replace('T', ' ').replace('Z', ' UTC');

/** "29 November 2028, 13:25 GMT+5:30": a moment that something ends at. @param {string | Date} at */
export const momentText = (at) => `${dayText(at)}, ${minuteText(at)} ${zoneText(new Date(at))}`;

/** The viewer's zone, as it is at that moment. @param {Date} at */
const zoneText = (at) =>
  new Intl.DateTimeFormat(locale(), { timeZoneName: 'short' }).formatToParts(at).find(({ type }) => type === 'timeZoneName')?.value ?? '';

/** "just now", "5 minutes ago", or the date and time; by the server's clock. @param {string} iso @param {number} [at] epoch ms */
export function relativeText(iso, at = now()) {
  const age = at - Date.parse(iso);
  if (age >= HOUR || age < -60_000) return shortText(iso, at);
  const minutes = Math.floor(age / 60_000);
  return minutes < 1 ? t('time.now') : t('time.minutes', { count: minutes });
}

/** @param {string} iso @param {number} present epoch ms */
function shortText(iso, present) {
  const at = new Date(iso);
  const today = at.toDateString() === new Date(present).toDateString();
  const year = at.getFullYear() === new Date(present).getFullYear() ? undefined : 'numeric';
  return today
    ? at.toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit' })
    : at.toLocaleString(locale(), { day: 'numeric', month: 'short', year, hour: '2-digit', minute: '2-digit' });
}

/** A <time> that tick() keeps right. @param {string} iso @returns {HTMLTimeElement} */
export function timeNode(iso) {
  return setTime(document.createElement('time'), iso);
}

/** The same for a <time> that is there already. @param {HTMLTimeElement} node @param {string} iso */
export function setTime(node, iso) {
  node.dateTime = iso;
  node.title = utcText(iso);
  node.textContent = relativeText(iso);
  return node;
}

/** Keeps all <time> of the page right; once per page. */
export function tick() {
  setInterval(() => {
    for (const node of document.querySelectorAll('time[datetime]')) {
      const time = /** @type {HTMLTimeElement} */ (node);
      if (time.hasAttribute('data-fixed')) continue;
      const text = relativeText(time.dateTime);
      if (time.textContent !== text) time.textContent = text;
    }
  }, 10_000);
}
