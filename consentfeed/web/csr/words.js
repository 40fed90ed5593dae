// The domain's words: purposes and channels by their titles, who made a change and how.

import { element } from '../shared/dom.js';
import { purposeWords, titleNode } from '../shared/purposes.js';
import { channelName, hasText, isolate, language, t } from '../shared/text.js';

/** @typedef {{kind: string, id: string}} Actor */

let self = { id: '', email: '' };

/** Who is signed in: own changes are told as such. @param {{id: string, email: string}} user */
export function setSelf(user) {
  self = user;
}

/** @param {string} status */
export const statusName = (status) => (hasText(`status.${status}`) ? t(`status.${status}`) : status);

/** "News and offers · SMS". @param {{purpose: string, channel: string}} consent */
export const whatText = (consent) => `${isolate(purposeWords(consent.purpose).title)} · ${channelName(consent.channel)}`;

/** The same as a node, in which the title names its language. @param {{purpose: string, channel: string}} consent */
export function whatNode({ purpose, channel }) {
  const node = element('span');
  node.append(titleNode(purposeWords(purpose)), ` · ${channelName(channel)}`);
  return node;
}

/** "Details changed: name and number". @param {string[]} changed members of a customer */
export function detailsText(changed) {
  const names = changed.map((member) => (hasText(`csr.detail-${member}`) ? t(`csr.detail-${member}`) : member));
  return t('csr.details-changed', { what: new Intl.ListFormat(language()).format(names) });
}

/** What a customer is called. @param {import('./list.js').Customer} customer */
export const customerText = (customer) => customer.name ?? customer.email ?? customer.msisdn ?? customer.id;

/** @param {Actor} actor */
export const isSelf = (actor) => actor.id === self.id;

/** "the customer", "anna@example.lk (you)", "database role dba_anna". @param {Actor} actor */
export function whoText(actor) {
  if (isSelf(actor)) return t('csr.who-you', { email: self.email });
  if (actor.kind === 'database') return t('csr.who-database', { role: actor.id });
  return hasText(`csr.who-${actor.kind}`) ? t(`csr.who-${actor.kind}`) : actor.kind;
}

/** @param {string} method */
export const howText = (method) => (hasText(`csr.how-${method}`) ? t(`csr.how-${method}`) : method);

/** @param {string} code */
export const reasonText = (code) => (hasText(`csr.code-${code}`) ? t(`csr.code-${code}`) : code);

/** Writes a status into its badge. @param {HTMLElement} badge @param {string} status */
export function setStatus(badge, status) {
  badge.dataset.status = status;
  badge.textContent = statusName(status);
}
