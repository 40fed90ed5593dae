// Lines of the trail that say the same, one after the other, as one.

/** @typedef {import('./trail.js').Access} Access */
/** accesses: newest first; the line shows the newest. @typedef {Access & {accesses: Access[]}} Fold */

/** @param {Access[]} accesses newest first @returns {Fold[]} */
export function fold(accesses) {
  /** @type {Fold[]} */
  const folds = [];
  for (const access of accesses) {
    const last = folds.at(-1);
    if (last && saying(last) === saying(access)) last.accesses.push(access);
    else folds.push({ ...access, accesses: [access] });
  }
  return folds;
}

/** @param {Access} access */
const saying = ({ actor, action, customers, filters, rows }) => JSON.stringify([actor.id, actor.role, action, customers, filters, rows]);
