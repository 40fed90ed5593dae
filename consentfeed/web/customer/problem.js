// Why a switch could not be turned, in the customer's words.

import { element, on } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { nowText } from './words.js';

/** @typedef {import('./consents.js').Consent} Consent */
/** @typedef {import('./choice.js').Page} Page */

/** @param {unknown} error @param {Consent} consent @param {Page} page @returns {Promise<string | Node>} */
export async function why(error, consent, page) {
  const { status, code } = /** @type {import('../shared/api.js').ApiError} */ (error);
  if (code === 'offline') return t('customer.problem-offline');
  if (code === 'no-answer') return problemText(error);
  if (code === 'notice-superseded') return whySuperseded(consent, page);
  if (code === 'stale') return whyStale(consent, page);
  if (code === 'not-offered') return whyClosed(page);
  if (code === 'no-notice') return t('customer.problem-no-notice');
  if (status === 429) return problemText(error);
  return t(status === 503 ? 'customer.problem-busy' : 'customer.problem');
}

/** It was closed since the page was read. @param {Page} page */
async function whyClosed(page) {
  await page.onClosed();
  return t('customer.closed');
}

/** Another text is in force, or one at last. @param {Consent} consent @param {Page} page */
export async function whySuperseded(consent, page) {
  await page.onSuperseded(consent);
  if (!page.notice(consent)) return t('customer.problem-no-notice');
  const link = element('button', 'link', t('customer.read'));
  on(link, 'click', () => page.openNotice(consent));
  const text = element('span', '', `${t('customer.problem-superseded')} `);
  text.append(link);
  return text;
}

/** Somebody else has turned it meanwhile. @param {Consent} consent @param {Page} page */
async function whyStale(consent, page) {
  try {
    return t('customer.problem-stale', { state: nowText(await page.onStale(consent)) });
  } catch {
    return t('customer.problem');
  }
}
