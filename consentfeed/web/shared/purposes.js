// What customers can consent to: one list for the page, which stays open all day. It is read again whenever it may be another.

import { get } from './api.js';
import { element } from './dom.js';
import { readNotice } from './notices.js';
import { partFailed, partRead } from './parts.js';
import { whenBackOrSeen } from './reconnect.js';
import { language } from './text.js';

/** texts: what the notice in force calls it, by language. @typedef {{key: string, title: string, description: string, channels: string[],
 *   offered: boolean, notice_version: number | null, languages: string[] | null,
 *   texts: Record<string, {title: string, description: string}>}} Purpose */
/** In which language they are; '' where nobody has said it. @typedef {{title: string, description: string, lang: string}} Words */

/** @type {Map<string, Purpose>} */
let purposes = new Map();
/** @type {Record<string, string>} */
let reaches = {};
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

/** What a channel reaches: 'msisdn' (a number), 'email', or nothing of these. @param {string} channel */
export const reached = (channel) => reaches[channel] ?? '';

/** What its notice in force calls it: in the language of the page, else in English; else what it is called itself.
 * @param {Pick<Purpose, 'title' | 'description' | 'texts'>} purpose @returns {Words} */
export function wordsOf({ title, description, texts }) {
  const lang = [language(), 'en'].find((code) => Object.hasOwn(texts, code));
  return lang === undefined ? { title, description, lang: '' } : { ...texts[lang], lang };
}

/** Of one that is not listed, its key. @param {string} key @returns {Words} */
export function purposeWords(key) {
  const known = purposes.get(key);
  return known ? wordsOf(known) : { title: key, description: '', lang: '' };
}

/** The title within other words, in its own language. @param {{title: string, lang: string}} words */
export function titleNode({ title, lang }) {
  const node = element('bdi', '', title);
  node.lang = lang;
  return node;
}

/** The title in a line of a history: where the purpose was renamed since, the one that was agreed to.
 * @param {{purpose: string, notice: import('./notices.js').NoticeId | null}} consent as it was then */
export function titleNodeThen({ purpose: key, notice }) {
  const node = titleNode(purposeWords(key));
  const known = purposes.get(key);
  if (!notice || !known || notice.version === known.notice_version) return node;
  readNotice(notice).then(
    ({ title }) => {
      if (title !== known.texts[notice.language]?.title) node.replaceWith(titleNode({ title, lang: notice.language }));
    },
    () => {}, // today's stays
  );
  return node;
}

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
    const before = JSON.stringify([reaches, allPurposes()]);
    reaches = data.reaches;
    purposes = new Map(data.purposes.map((/** @type {Purpose} */ one) => [one.key, one]));
    if (before !== JSON.stringify([reaches, allPurposes()])) for (const listener of listeners) listener();
  } catch (error) {
    partFailed(document.body, readAgain);
    throw error;
  }
}

const readAgain = () => void readPurposes().catch(() => {});

/** Reads them again after each loss of the connection, and when somebody comes back to the page. @param {EventTarget & {state: any}} feed */
export function followPurposes(feed) {
  whenBackOrSeen(feed, readAgain);
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
