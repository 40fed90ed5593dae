// What customers can consent to: one list for the page, which stays open all day. It is read again whenever it may be another.

import { get } from './api.js';
import { on } from './dom.js';
import { partFailed, partRead } from './parts.js';
import { whenBack } from './reconnect.js';

/** @typedef {{key: string, title: string, description: string, channels: string[], notice_version: number | null,
 *   languages: string[] | null}} Purpose */

/** @type {Map<string, Purpose>} */
let purposes = new Map();
/** @type {Promise<void> | null} */
let reading = null;
/** What was asked for and is not there: not again at each event. @type {Set<string>} */
const missing = new Set();
/** @type {(() => void)[]} */
const listeners = [];

/** All of them, in their order. */
export const allPurposes = () => [...purposes.values()];

/** @param {string} key */
export const purpose = (key) => purposes.get(key) ?? null;

/** The title; of one that is not listed, its key. @param {string} key */
export const purposeTitle = (key) => purposes.get(key)?.title ?? key;

/** Calls it whenever they are others than before. @param {() => void} listener */
export function whenPurposesChange(listener) {
  listeners.push(listener);
}

/** Reads them; who asks meanwhile waits for the same answer. */
export function readPurposes() {
  reading ??= read().finally(() => (reading = null));
  return reading;
}

async function read() {
  try {
    const { data } = await get('/purposes');
    partRead(document.body);
    const before = JSON.stringify(allPurposes());
    purposes = new Map(data.purposes.map((/** @type {Purpose} */ one) => [one.key, one]));
    if (before !== JSON.stringify(allPurposes())) for (const listener of listeners) listener();
  } catch (error) {
    partFailed(document.body, readAgain);
    throw error;
  }
}

const readAgain = () => void readPurposes().catch(() => {});

/** Reads them again after each loss of the connection, and when somebody comes back to the page. @param {EventTarget & {state: any}} feed */
export function followPurposes(feed) {
  whenBack(feed, readAgain);
  on(document, 'visibilitychange', () => document.hidden || readAgain());
}

/** An event: a purpose or a text that is not known here is read.
 * @param {{event?: string, data: {consent?: {purpose: string, notice: {version: number} | null}}}} message */
export function notePurpose({ event, data: { consent } }) {
  if (event === 'notice-published') readAgain();
  if (!consent) return;
  const version = consent.notice?.version ?? 0;
  const known = purposes.get(consent.purpose);
  const name = `${consent.purpose} ${version}`;
  if (missing.has(name) || (known && version <= (known.notice_version ?? 0))) return;
  missing.add(name);
  readAgain();
}
