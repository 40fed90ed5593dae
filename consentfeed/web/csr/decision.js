// Sending decisions on a customer's behalf. The same request again, after no answer came, is not done twice: it has the same key.

import { ApiError, newKey, post } from '../shared/api.js';

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {import('./act.js').Result} Result */
/** @typedef {import('./reason.js').Reason} Reason */
/** @typedef {import('../shared/notices.js').NoticeId} NoticeId */

let key = '';
let lastRequest = '';

/** Grants under the text that was read, and only what was shown, or gives what is granted a new end; or revokes whatever it is by now.
 * @param {'grant' | 'renew' | 'revoke'} action @param {Consent} consent @param {Reason} reason @param {NoticeId | null} notice @returns {Promise<Result>} */
export async function sendOne(action, consent, reason, notice) {
  const { id, version } = consent;
  if (action === 'revoke') return resultOf(await send(`/consents/${id}/revoke`, { reason }), consent);
  const told = notice ? { notice_version: notice.version, language: notice.language } : {};
  const again = action === 'renew' ? { renew: true } : {};
  return resultOf(await send(`/consents/${id}/grant`, { ...told, ...again, reason }, version), consent);
}

/** Revokes all of these; an outcome for each, in their order.
 * @param {Consent[]} consents @param {Reason} reason */
export function sendRevocations(consents, reason) {
  return sendMany(consents, consents.map(({ id }) => ({ action: 'revoke', consent_id: id, reason })));
}

/** Takes decisions back: revokes what was granted; grants what was revoked, under the text it had, unless it has changed again.
 * @param {Result[]} results */
export function sendOpposites(results) {
  const consents = results.map(({ consent }) => consent);
  return sendMany(consents, consents.map(({ id, status, version, notice }) => {
    const told = status === 'granted' ? {} : { notice_version: notice?.version, language: notice?.language, if_version: version };
    return { action: status === 'granted' ? 'revoke' : 'grant', consent_id: id, reason: { code: 'mistake' }, ...told };
  }));
}

/** @param {Consent[]} consents @param {object[]} decisions on them @returns {Promise<(Result | {problem: ApiError})[]>} */
async function sendMany(consents, decisions) {
  const { outcomes } = await send('/decisions', { decisions });
  return outcomes.map((/** @type {any} */ one, /** @type {number} */ index) =>
    one.problem ? { problem: new ApiError(one.problem.status, one.problem, null) } : resultOf(one, consents[index]),
  );
}

/** @param {{consent: Consent, event: object | null}} answer @param {Consent} before @returns {Result} */
const resultOf = ({ consent, event }, before) => ({ consent, before, changed: event !== null });

/** @param {string} path @param {object} body @param {number} [version] that the consent must still have */
async function send(path, body, version) {
  const request = `${path} ${version} ${JSON.stringify(body)}`;
  if (request !== lastRequest) [lastRequest, key] = [request, newKey()];
  const { data } = await post(path, body, { key, match: version });
  lastRequest = ''; // answered: the same again is another decision
  return data;
}
