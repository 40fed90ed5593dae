// Sending a decision: once, and once more under the same key where the server says that it may work later.

import { newKey, post } from '../shared/api.js';

/** @typedef {import('./consents.js').Consent} Consent */
/** @typedef {(path: string, body: object, options: import('../shared/api.js').Options) => Promise<{data: any}>} Send */

const LATER = [502, 503, 504];
const LONGEST = 20;

/** @param {number} seconds @returns {Promise<void>} */
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** The consent after it, and the id of the event where there is one. @param {string} id of the consent @param {boolean} on
 * @param {{version: number, language: string} | null} notice that was shown
 * @param {{version?: number, renew?: boolean, send?: Send, wait?: (seconds: number) => Promise<void>}} [more] version: which the consent must still
 * have to be granted; renew: a grant that has an end gets a new one; the others for tests
 * @returns {Promise<{consent: Consent, event: {id: string} | null}>} */
export async function decide(id, on, notice, { version, renew = false, send = post, wait = sleep } = {}) {
  const path = `/customer/consents/${encodeURIComponent(id)}/${on ? 'grant' : 'revoke'}`;
  const body = on && notice ? { notice_version: notice.version, language: notice.language, ...(renew && { renew }) } : {};
  const options = { key: newKey(), leaving: true, ...(on && version !== undefined ? { match: version } : {}) };
  try {
    return (await send(path, body, options)).data;
  } catch (error) {
    const { status, retryAfter } = /** @type {import('../shared/api.js').ApiError} */ (error);
    if (!LATER.includes(status)) throw error;
    await wait(Math.min(retryAfter ?? 2, LONGEST));
  }
  return (await send(path, body, options)).data;
}
