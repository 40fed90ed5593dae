// What went wrong with a request, in the reader's words.

import { ApiError } from './api.js';
import { hasText, t } from './text.js';

const LONG = 90;

/** "The connection is lost.", "Too many attempts. Try again in 30 seconds." @param {unknown} error @returns {string} */
export function problemText(error) {
  if (!(error instanceof ApiError)) {
    reportError(error); // a fault of the page itself: the reader is told as much as of any other
    return t('error.try-again');
  }
  if (error.status === 429) return waitText(error.retryAfter);
  const key = `problem.${error.code}`;
  if (hasText(key)) return t(key);
  if (error.code === 'no-answer') return t('error.no-answer');
  if (error.status === 0) return t('error.offline');
  // Where in the body it lies is for programs.
  const detail = error.detail.replace(/ ?-? at `[^`]*`$/, '');
  return error.status >= 500 ? t('error.try-again') : [error.title.replace(/\.$/, ''), detail].filter(Boolean).join('. ') || t('error.try-again');
}

/** When to try again. @param {number | null} seconds */
function waitText(seconds) {
  if (!seconds) return t('error.too-often');
  return seconds > LONG ? t('error.wait-minutes', { count: Math.ceil(seconds / 60) }) : t('error.wait-seconds', { count: Math.ceil(seconds) });
}
