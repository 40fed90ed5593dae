// Plain words for what a customer decided, when, and who did it.

import { element } from '../shared/dom.js';
import { around, hasText, languageName, t } from '../shared/text.js';
import { dayText, momentText, utcText } from '../shared/time.js';

/** @typedef {import('./consents.js').Consent} Consent */

/** "Version 2, English". @param {{version: number, language: string}} notice */
export const noticeName = (notice) => t('customer.version', { version: String(notice.version), language: languageName(notice.language) });

/** Which words tell the state of a consent, and since when it is so. @param {Consent} consent
 * @returns {{key: string, at: string | null}} */
export function stateOf({ status, granted_at, revoked_at, expires_at, updated_at }) {
  switch (status) {
    case 'granted':
      return { key: 'customer.on', at: granted_at ?? updated_at };
    case 'revoked':
      return { key: 'customer.off', at: revoked_at ?? updated_at };
    case 'expired':
      return { key: 'customer.ended', at: expires_at ?? updated_at };
    default:
      return { key: 'customer.not-asked', at: null };
  }
}

/** "On since 3 March 2026 · ends 3 March 2028, 13:25 GMT+5:30". @param {Consent} consent */
export function stateNode(consent) {
  const node = element('span');
  const { key, at } = stateOf(consent);
  if (!at) node.textContent = t(key);
  else node.append(...around(key, 'time', dayNode(at)));
  if (consent.status === 'granted' && consent.expires_at) node.append(' · ', ...around('customer.ends', 'time', fixedNode(consent.expires_at, momentText)));
  return node;
}

/** @param {string} iso */
const dayNode = (iso) => fixedNode(iso, dayText);

/** A time that is said in the same words also within the first hour. @param {string} iso @param {(iso: string) => string} text */
function fixedNode(iso, text) {
  const node = /** @type {HTMLTimeElement} */ (element('time', '', text(iso)));
  node.dateTime = iso;
  node.title = utcText(iso);
  node.dataset.fixed = '';
  return node;
}

/** "on". @param {{status: string}} consent */
export const nowText = ({ status }) => t(status === 'granted' ? 'customer.now-on' : 'customer.now-off');

/** "You", "Customer service, on your behalf". @param {{kind: string}} actor */
export const whoText = ({ kind }) => (hasText(`customer.who-${kind}`) ? t(`customer.who-${kind}`) : t('customer.who-system'));

/** "Phone call · CALL-4711". @param {{code: string | null, reference: string | null} | null} reason */
export function reasonText(reason) {
  if (!reason?.code) return '';
  const code = hasText(`customer.code-${reason.code}`) ? t(`customer.code-${reason.code}`) : reason.code;
  return [code, reason.reference].filter(Boolean).join(' · ');
}

/** "Turned on". @param {string} type */
export const didText = (type) => (hasText(`customer.did-${type}`) ? t(`customer.did-${type}`) : type);
