// Forms that show a state and write it: where it has changed meanwhile, nothing is written. What changed is shown, and asked anew.

import { ApiError } from '../shared/api.js';
import { PageProblem } from '../shared/forms.js';
import { t } from '../shared/text.js';

const LONGEST = 600;

/** One difference between what was shown and what is there now, as people read them.
 * @typedef {{name: string, before: string, now: string}} Change */

/** What the form showed has changed; its text tells how, and that pressing again writes over it. */
export class ChangedMeanwhile extends PageProblem {
  /** @param {Change[]} changes */
  constructor(changes) {
    const list = changes.map(({ name, before, now }) => t('meanwhile.change', { name, before: quoted(before), now: quoted(now) }));
    super([t('meanwhile.text'), ...list, t('meanwhile.again')].join(' '));
  }
}

/** @param {string} text */
const quoted = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text || t('meanwhile.nothing'));

/** Writes under the condition that what was shown is still there; else reads it anew, and throws ChangedMeanwhile.
 * @template T @param {() => Promise<T>} write @param {() => Promise<Change[]>} lookAgain the form shows the new state from then on
 * @returns {Promise<T>} */
export async function unlessChanged(write, lookAgain) {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 'stale') throw error;
    throw new ChangedMeanwhile(await lookAgain());
  }
}

/** Those of two states' members that differ. @param {Record<string, string>} names of the members, as people read them
 * @param {Record<string, string>} before @param {Record<string, string>} now @returns {Change[]} */
export const changesBetween = (names, before, now) =>
  Object.entries(names)
    .filter(([key]) => before[key] !== now[key])
    .map(([key, name]) => ({ name, before: before[key] ?? '', now: now[key] ?? '' }));
