// What an action does, said before it is done.

import { element } from '../shared/dom.js';
import { t } from '../shared/text.js';

/** @param {string} action @param {import('../shared/due.js').RightsRequest} request @returns {HTMLElement[]} */
export function consequence(action, request) {
  if (action !== 'fulfil') return [element('p', '', t(`csr.then-${action}`))];
  if (request.kind === 'erasure') return ['erasure-goes', 'erasure-stays', 'erasure-for-good'].map((key) => element('p', '', t(`csr.then-${key}`)));
  const isPackage = request.kind === 'access' || request.kind === 'portability';
  return [element('p', '', t(isPackage ? 'csr.then-package' : 'csr.then-fulfil')), ...(isPackage ? [packageLink(request.id)] : [])];
}

/** As the customer will see it. @param {string} id */
function packageLink(id) {
  const line = element('p');
  const link = /** @type {HTMLAnchorElement} */ (element('a', '', t('csr.package-look')));
  Object.assign(link, { href: `/api/v1/rights-requests/${id}/package`, target: '_blank' });
  line.append(link);
  return line;
}
