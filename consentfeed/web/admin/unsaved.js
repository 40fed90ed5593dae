// Words of drafts that were typed and are not saved yet: they wait here while something else is looked at.

import { t } from '../shared/text.js';
import { wordsOfNotice } from './language.js';
import { changesBetween } from './meanwhile.js';

/** @typedef {import('./notices.js').Notice} Notice */
/** base: what was saved when they were typed; isOld: it has been written over, or somebody has seen what is saved now.
 * @typedef {{words: import('./language.js').Words, base: Notice | undefined, isOld: boolean}} Entry */

/** By purpose and language. @type {Map<string, Entry>} */
const entries = new Map();

export const hasUnsaved = () => entries.size > 0;

/** Keeps what a part says, or forgets it where it says what is saved. @param {import('./language.js').LanguagePart} part */
export function keepUnsaved(part) {
  if (part.isChanged) entries.set(part.id, { words: part.words, base: part.base, isOld: false });
  else entries.delete(part.id);
}

/** @param {string} id */
export const dropUnsaved = (id) => void entries.delete(id);

/** What was typed before, if anything was. @param {string} id */
export const unsavedWords = (id) => entries.get(id)?.words;

/** What such words are written over: what was saved when they were typed, of this version.
 * @param {string} id @param {Notice | undefined} saved now @param {number} version */
export function baseOf(id, saved, version) {
  const entry = entries.get(id);
  if (!entry) return saved;
  if (entry.isOld || (entry.base && entry.base.version !== version)) Object.assign(entry, { base: saved, isOld: false });
  return entry.base;
}

/** From the next drawing on they are written over what is saved then. What comes back is called after it: fields that nobody has
 * typed in then say what is saved. @param {string} id @returns {(part: import('./language.js').LanguagePart) =>
 *   import('./meanwhile.js').Change[]} what differs from what was saved before */
export function rebase(id) {
  const entry = entries.get(id);
  if (!entry) return () => [];
  const before = wordsOfNotice(entry.base);
  entry.isOld = true;
  return (part) => {
    const [saved, words] = [wordsOfNotice(part.base), part.words];
    const merged = Object.entries(saved).map(([field, value]) => {
      const name = /** @type {keyof typeof words} */ (field);
      return [field, words[name] === before[name] ? value : words[name]];
    });
    part.write(Object.fromEntries(merged));
    keepUnsaved(part);
    return changesBetween(names(), before, saved);
  };
}

const names = () => ({ title: t('purposes.title'), description: t('purposes.description'), text: t('notices.words') });
