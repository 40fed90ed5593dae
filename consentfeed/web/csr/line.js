// What a card says of one consent, and what can be done with it.

import { fill, slot } from '../shared/dom.js';
import { endsSoon } from '../shared/ends.js';
import { purpose, reached } from '../shared/purposes.js';
import { t } from '../shared/text.js';
import { momentText, timeNode, utcText } from '../shared/time.js';
import { setStatus, whatNode, whatText } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {import('./list.js').Customer} Customer */

/** What the customer was reached by then is not what it is now; '' where it is. @param {Consent} consent @param {Customer | null} who */
export function otherText({ channel, status, granted_at }, who) {
  if (status !== 'granted' || !granted_at) return '';
  const isBefore = (/** @type {string | null | undefined} */ at) => Boolean(at) && granted_at < String(at);
  const address = reached(channel);
  if (address === 'msisdn' && isBefore(who?.msisdn_changed_at)) return t('csr.other-number');
  return address === 'email' && isBefore(who?.email_changed_at) ? t('csr.other-email') : '';
}

/** When the answer was given; of one that was imported, not when it came in here. @param {Consent} consent */
function decidedAt({ status, granted_at, revoked_at, expires_at, updated_at }) {
  const at = status === 'granted' ? granted_at : status === 'revoked' ? revoked_at : status === 'expired' ? expires_at : null;
  return at ?? updated_at;
}

/** Why it cannot be granted, whoever asks; '' where it can. @param {Consent} consent */
function closedText({ purpose: key }) {
  const known = purpose(key);
  if (!known) return '';
  return known.offered ? (known.notice_version ? '' : t('csr.no-notice-yet')) : t('csr.closed');
}

/** Whether it would be another answer, or one with a new end, and there is a text to read out; where the purposes could not be read, that is seen later.
 * @param {Consent} consent */
const canGrant = (consent) => !closedText(consent) && (consent.status !== 'granted' || hasNewerText(consent) || endsSoon(consent));

/** @param {Consent} consent */
const hasNewerText = ({ purpose: key, notice }) => Number(purpose(key)?.notice_version) > Number(notice?.version);

/** What granting it would be called: under the same text it is given a new end. @param {Consent} consent */
export const grantName = (consent) => (consent.status === 'granted' && !hasNewerText(consent) ? 'renew' : 'grant');

/** @param {HTMLElement} line @param {Consent} consent @param {Customer | null} who */
export function writeLine(line, consent, who) {
  const other = otherText(consent, who);
  slot(line, 'other').hidden = !other;
  slot(line, 'closed').hidden = !closedText(consent);
  setStatus(slot(line, 'status'), consent.status);
  for (const action of /** @type {const} */ (['grant', 'revoke'])) {
    const name = action === 'grant' ? grantName(consent) : action;
    slot(line, action).textContent = t(`csr.${name}`);
    slot(line, action).setAttribute('aria-label', t(`csr.${name}-of`, { what: whatText(consent) }));
    slot(line, action).hidden = !(action === 'grant' ? canGrant(consent) : consent.status !== 'revoked');
  }
  const evidence = /** @type {HTMLAnchorElement} */ (slot(line, 'evidence'));
  evidence.href = `/evidence/${consent.id}`;
  evidence.hidden = !consent.version;
  evidence.setAttribute('aria-label', t('csr.evidence-of', { what: whatText(consent) }));
  const ends = consent.status === 'granted' ? consent.expires_at : null;
  slot(line, 'ends').hidden = !ends;
  slot(line, 'ends').title = ends ? utcText(ends) : '';
  return fill(line, {
    what: whatNode(consent),
    other,
    closed: closedText(consent),
    changed: consent.version ? timeNode(decidedAt(consent)) : null,
    ends: ends ? t('csr.ends', { time: momentText(ends) }) : null,
  });
}
