// The parts of a page that could not be read. The light is not green while one of them is shown, and they are read again when it
// could be.

let hanging = 0;

/** Whether a request has been without an answer for longer than one should. */
export const isWaiting = () => hanging > 0;

/** A request takes long; or it has ended. @param {1 | -1} change */
export function countHanging(change) {
  hanging += change;
}

/** @type {Map<Element, {again: () => unknown, at: number}>} */
const failures = new Map();

/** What this part shows could not be read. @param {Element} part @param {() => unknown} again reads it
 * @param {number | null} [seconds] not before them */
export function partFailed(part, again, seconds = null) {
  failures.set(part, { again, at: Date.now() + 1000 * (seconds ?? 0) });
}

/** This part was read, or is not there any more. @param {Element} part */
export function partRead(part) {
  failures.delete(part);
}

/** Whether everything that is shown was read. */
export function isWhole() {
  return ![...failures.keys()].some((part) => part.isConnected && part.checkVisibility());
}

/** Reads again what failed. */
export function readAgain() {
  for (const { again, at } of [...failures.values()]) if (at <= Date.now()) again();
}
