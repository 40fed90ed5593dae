// What became of decisions on a customer's behalf, in words; and taking them back, by the opposite decision.

import { get } from '../shared/api.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { relativeText } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { sendOpposites } from './decision.js';
import { customerText, statusName, whatText, whoText } from './words.js';

/** @typedef {import('./act.js').Result} Result */
/** @typedef {import('./list.js').Consent} Consent */

/** Says it; onUndo gets what the consents are after they were put back.
 * @param {Result[]} results @param {import('./list.js').Customer} who @param {(consents: Consent[]) => void} onUndo */
export function tellResults(results, who, onUndo) {
  const changes = results.filter(({ changed }) => changed);
  if (results.length === 1 && !changes.length) return tellNothing(results[0].consent);
  if (!results.length) return;
  const undoable = changes.filter(canUndo);
  toast({
    kind: 'success',
    own: true,
    text: doneText(changes, customerText(who)),
    detail: changes.length < results.length ? t('csr.done-already', { count: results.length - changes.length }) : undefined,
    action: undoable.length ? { text: t('csr.undo'), run: () => undo(undoable, onUndo) } : undefined,
  });
}

/** @param {Result[]} changes @param {string} customer */
function doneText(changes, customer) {
  if (changes.length !== 1) return t('csr.done-several', { count: changes.length, customer });
  const [{ consent }] = changes;
  return t(`csr.done-${consent.status}`, { what: whatText(consent), customer });
}

/** What was granted can be revoked, unless it was granted before, under another text: that was no mistake. What was revoked can be granted
 * again where it was granted, under its text. @param {Result} result */
const canUndo = ({ consent, before }) =>
  consent.status === 'granted' ? before.status !== 'granted' : before.status === 'granted' && consent.notice !== null;

/** @param {Result[]} results @param {(consents: Consent[]) => void} onUndo */
async function undo(results, onUndo) {
  try {
    const outcomes = await sendOpposites(results);
    onUndo(outcomes.flatMap((one) => ('problem' in one ? [] : [one.consent])));
    const failed = outcomes.find((one) => 'problem' in one);
    if (failed && 'problem' in failed) return toast({ kind: 'error', text: t('csr.undo-failed'), detail: problemText(failed.problem) });
    toast({ kind: 'success', text: t('csr.undone'), own: true });
  } catch (error) {
    toast({ kind: 'error', text: t('csr.undo-failed'), detail: problemText(error) });
  }
}

/** It was that already: since when, and by whom. @param {Consent} consent */
async function tellNothing(consent) {
  const status = statusName(consent.status).toLocaleLowerCase();
  const last = await get(`/consents/${consent.id}/history`).then(({ data }) => data.events.at(-1)?.data, () => null);
  const detail = last ? t('csr.since', { status, time: relativeText(last.timestamp), who: whoText(last.actor) }) : undefined;
  toast({ kind: 'info', text: t('csr.act-nothing'), detail, own: true });
}
