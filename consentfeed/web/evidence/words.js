// The words of the page: who did it and how, what was shown, and what proves it.

import { hasText, isolate, languageName, t } from '../shared/text.js';

/** @typedef {{key: string, version: number, language: string}} NoticeId */
/** @typedef {{type: string, timestamp: string, recorded_at: string, method: string, actor: {kind: string, id: string | null},
 *   reason: {code: string | null, reference: string | null} | null, consent: {notice: NoticeId | null}}} Body */

/** @param {string} status */
export const statusName = (status) => (hasText(`status.${status}`) ? t(`status.${status}`) : status);

/** "Nimal Perera · customer@example.com". After an erasure nobody is known. @param {{name: string | null, email: string | null, msisdn: string | null, reference: string | null}} customer */
export function customerText({ name, email, msisdn, reference }) {
  const known = [name, email, msisdn, reference].filter(Boolean).map((one) => isolate(String(one)));
  return known.length ? known.join(' · ') : t('evidence.gone');
}

/** "the customer", "customer service, for the customer (id)". @param {Body['actor']} actor */
export function byText({ kind, id }) {
  const who = hasText(`evidence.by-${kind}`) ? t(`evidence.by-${kind}`) : kind;
  return kind === 'customer' || kind === 'system' || !id ? who : `${who} (${isolate(id)})`;
}

/** @param {string} method */
export const howText = (method) => (hasText(`evidence.how-${method}`) ? t(`evidence.how-${method}`) : method);

/** @param {Body['reason']} reason */
export function reasonText(reason) {
  if (!reason?.code) return '';
  const code = hasText(`evidence.code-${reason.code}`) ? t(`evidence.code-${reason.code}`) : reason.code;
  return [code, reason.reference].filter(Boolean).join(' · ');
}

/** "marketing, version 2, English". @param {NoticeId | null} notice */
export const noticeText = (notice) =>
  notice ? t('evidence.notice', { key: notice.key, version: String(notice.version), language: languageName(notice.language) }) : '';

/** The text of it, where it is in the document. @template {NoticeId} T @param {T[]} notices @param {NoticeId | null} bound */
export const noticeOf = (notices, bound) => notices.find(({ version, language }) => version === bound?.version && language === bound.language);

/** @param {{index: number, size: number} | null} proof */
export const proofText = (proof) => (proof ? t('evidence.signed', { index: proof.index, size: proof.size }) : t('evidence.not-signed'));
