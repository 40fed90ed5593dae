// What time it is at the server, whose times the pages show. The clock of this computer may be another.

// An answer says whole seconds, and takes a moment to come: less than this is no difference.
const SAME_MS = 2000;

let offset = 0;

/** Epoch ms at the server. */
export const now = () => Date.now() + offset;

/** Takes the time from an answer. @param {string | null} date its header "Date" */
export function takeDate(date) {
  const difference = Date.parse(date ?? '') - Date.now();
  if (Number.isNaN(difference)) return;
  offset = Math.abs(difference) < SAME_MS ? 0 : difference;
}
