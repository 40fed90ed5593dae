// The days that the list is of, in the viewer's zone.

import { now } from '../shared/clock.js';
import { byId } from '../shared/dom.js';

/** The two days of "between", both part of it. */
export const between = ['from', 'to'].map((name) => /** @type {HTMLInputElement} */ (byId(`filter-${name}`)));

const DAY = /^\d{4}-\d\d-\d\d$/;

/** @param {Record<string, string>} chosen by name */
export function setBetween({ from = '', to = '' }) {
  [between[0].value, between[1].value] = [from, to].map((day) => (DAY.test(day) ? day : ''));
}

/** The moments around a choice; '' where it has no end. @param {string} choice @returns {{since: string, until: string}} */
export function days(choice) {
  const today = new Date(now());
  switch (choice) {
    case 'today':
      return { since: before(dayFrom(today, 0)), until: '' };
    case 'yesterday':
      return { since: before(dayFrom(today, -1)), until: dayFrom(today, 0).toISOString() };
    case 'week':
      return { since: before(dayFrom(today, -6)), until: '' };
    case 'between':
      return { since: between[0].value && before(dayOf(between[0].value, 0)), until: between[1].value && dayOf(between[1].value, 1).toISOString() };
    default:
      return { since: '', until: '' };
  }
}

/** Midnight, so many days from that one. @param {Date} at @param {number} days */
const dayFrom = (at, days) => new Date(at.getFullYear(), at.getMonth(), at.getDate() + days);

/** @param {string} text "2026-11-22" @param {number} days later */
const dayOf = (text, days) => dayFrom(new Date(`${text}T00:00:00`), days);

/** The last moment before it: what the list is after. @param {Date} at */
const before = (at) => new Date(at.getTime() - 1).toISOString().replace('Z', '999Z');
