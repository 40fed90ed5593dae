// Until when a rights request is to be answered: how many days are left, and why that day.

import { now } from './clock.js';
import { language, t } from './text.js';
import { dayText } from './time.js';

/** @typedef {{step: 'counted' | 'extended' | 'waited' | 'moved', from: string, to: string, amount?: number, unit?: string,
 *   days?: {day: string, why: string, name: string | null}[]}} Step */
/** last_day: ends at midnight of the zone. @typedef {{zone: string, last_day: string, steps: Step[]}} DueBecause */
/** @typedef {{id: string, reference: string, kind: string, status: string, action: string, customer_id: string, came_by: string,
 *   received_at: string, due_at: string, due_because: DueBecause, assigned_to: string | null, extended_at: string | null,
 *   waiting_since: string | null, waited_days: number, closed_at: string | null, updated_at: string, version: number}} RightsRequest */
/** @typedef {Pick<RightsRequest, 'due_at' | 'due_because' | 'waiting_since' | 'closed_at'>} Due */

const DAY = 86_400_000;
const SOON = 3;

/** @param {Due} request */
export const isOpen = ({ closed_at }) => closed_at === null;

/** Whether the clock stands: the customer has been asked. @param {Due} request */
export const isStanding = (request) => isOpen(request) && request.waiting_since !== null;

/** Whether its last day was over before the clock stood. @param {Due} request @param {number} [at] epoch ms */
export const isOverdue = (request, at = now()) => isOpen(request) && Date.parse(request.due_at) <= clockOf(request, at);

/** When the clock stood still, else now. @param {Due} request @param {number} at */
const clockOf = ({ waiting_since }, at) => (waiting_since ? Date.parse(waiting_since) : at);

/** 0: the last day; below it, it is over. @param {Due} request @param {number} [at] epoch ms */
export function daysLeft(request, at = now()) {
  const { zone, last_day } = request.due_because;
  const days = Math.round((Date.parse(last_day) - Date.parse(dayIn(zone, clockOf(request, at)))) / DAY);
  return isOverdue(request, at) ? Math.min(-1, days) : Math.max(0, days);
}

/** @type {Record<string, Intl.DateTimeFormat>} */
const calendars = {};

/** "2026-11-30": which day it is there. @param {string} zone @param {number} at */
const dayIn = (zone, at) =>
  (calendars[zone] ??= new Intl.DateTimeFormat('en-CA', { timeZone: zone, year: 'numeric', month: '2-digit', day: '2-digit' })).format(at);

/** What a style may make of it. @param {Due} request @returns {'closed' | 'stands' | 'overdue' | 'today' | 'soon' | 'later'} */
export function urgency(request) {
  if (!isOpen(request)) return 'closed';
  const days = daysLeft(request);
  if (days < 0) return 'overdue';
  if (isStanding(request)) return 'stands';
  return days === 0 ? 'today' : days <= SOON ? 'soon' : 'later';
}

/** "due today", "3 days left", "2 days overdue"; and whether the clock stands. @param {Due} request */
export function dueText(request) {
  if (!isOpen(request)) return t('due.closed');
  const days = daysLeft(request);
  const text = days === 0 ? t('due.today') : days < 0 ? t('due.overdue', { count: -days }) : t('due.left', { count: days });
  return isStanding(request) ? t('due.stands', { left: text }) : text;
}

/** "30 December 2026". @param {string} day "2026-12-30" */
export const calendarText = (day) => dayText(`${day}T12:00:00`);

/** Why it is that day, in the words of the reader's language. @param {DueBecause} because */
export const becauseText = ({ steps, zone }) => [...steps.map(stepText), t('due.midnight', { zone })].join(' ');

/** @param {Step} step */
function stepText({ step, amount = 0, unit = '', from, to, days = [] }) {
  const values = { from: calendarText(from), to: calendarText(to) };
  if (step === 'moved') return t('due.step-moved', { ...values, days: new Intl.ListFormat(language()).format(days.map(dayOffText)) });
  return t(`due.step-${step}`, { ...values, period: periodText(amount, unit) });
}

/** "1 month". @param {number} amount @param {string} unit */
export const periodText = (amount, unit) => t(`due.period-${unit}`, { count: amount });

/** @param {{day: string, why: string, name: string | null}} off */
const dayOffText = ({ day, why, name }) => t('due.day-off', { day: calendarText(day), why: name ?? t(`due.why-${why}`) });
