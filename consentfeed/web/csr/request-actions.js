// What can be done with a rights request as it is, and doing it: at once, or after the dialog has asked for more.

import { newKey, post } from '../shared/api.js';
import { isOpen, isOverdue } from '../shared/due.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { didText, requestText } from './change.js';
import { askRequest, changeText, readRequest } from './request-dialog.js';
import { isAdmin, selfId } from './words.js';

/** @typedef {import('../shared/due.js').RightsRequest} RightsRequest */
/** @typedef {import('./list.js').Customer} Customer */

/** From which statuses: the table consentfeed.rights_transitions. Those that are not here go from any open one. */
const FROM = /** @type {Record<string, string[]>} */ ({
  acknowledge: ['received'],
  start: ['received', 'acknowledged', 'extended'],
  ask: ['received', 'acknowledged', 'in-progress', 'extended'],
  resume: ['waiting-for-customer'],
  extend: ['received', 'acknowledged', 'in-progress'],
});
const ALL = ['assign', 'acknowledge', 'start', 'ask', 'resume', 'fulfil', 'extend', 'refuse', 'cancel'];
const AT_ONCE = ['assign', 'acknowledge', 'start'];

/** @param {RightsRequest} request */
export function actionsOf(request) {
  if (!isOpen(request)) return [];
  return ALL.filter((action) => (FROM[action] ?? [request.status]).includes(request.status) && isAllowed(action, request));
}

/** @param {string} action @param {RightsRequest} request */
function isAllowed(action, request) {
  if (action === 'assign') return request.assigned_to !== selfId();
  if (action === 'extend') return request.extended_at === null && !isOverdue(request);
  return action !== 'fulfil' || request.kind !== 'erasure' || isAdmin();
}

/** Does it; what the request is then, null where nothing was done. @param {string} action @param {RightsRequest} request
 * @param {Customer} who @returns {Promise<RightsRequest | null>} */
export async function runAction(action, request, who) {
  const done = AT_ONCE.includes(action) ? await doAtOnce(action, request) : await askRequest(action, request, who);
  if (done && done.version > request.version) toast({ kind: 'success', text: t('csr.request-line', { what: requestText(done), did: didText(done) }), own: true });
  return done;
}

/** @param {string} action @param {RightsRequest} request @returns {Promise<RightsRequest | null>} */
async function doAtOnce(action, request) {
  try {
    return (await post(`/rights-requests/${request.id}/${action}`, {}, { key: newKey(), match: request.version })).data.request;
  } catch (error) {
    const { code } = /** @type {import('../shared/api.js').ApiError} */ (error);
    const isStale = code === 'stale' || code === 'wrong-status';
    toast({ kind: 'error', text: isStale ? t('csr.request-stale') : problemText(error), detail: isStale ? await changeText(request) : undefined });
    return isStale ? readRequest(request.id).catch(() => null) : null;
  }
}
