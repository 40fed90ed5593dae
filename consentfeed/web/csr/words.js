// The domain's words: purposes and channels by their titles, who made a change and how.

import { element } from '../shared/dom.js';
import { purposeWords, titleNode, titleNodeThen } from '../shared/purposes.js';
import { channelName, hasText, isolate, language, t } from '../shared/text.js';

/** @typedef {{kind: string, id: string}} Actor */

let self = { id: '', email: '', role: '' };

/** Who is signed in: own changes are told as such. @param {{id: string, email: string, role: string}} user */
export function setSelf(user) {
  self = user;
}

/** The id of who is signed in. */
export const selfId = () => self.id;

export const isAdmin = () => self.role === 'admin';

/** The address of who is signed in. */
export const selfText = () => self.email;

/** @param {string} status */
export const statusName = (status) => (hasText(`status.${status}`) ? t(`status.${status}`) : status);

/** "News and offers · SMS". @param {{purpose: string, channel: string}} consent */
export const whatText = (consent) => `${isolate(purposeWords(consent.purpose).title)} · ${channelName(consent.channel)}`;

/** The same as a node, in which the title names its language. @param {{purpose: string, channel: string}} consent */
export const whatNode = (consent) => named(titleNode(purposeWords(consent.purpose)), consent);

/** The same in a line of a history. @param {import('./list.js').Consent} consent as it was then */
export const whatNodeThen = (consent) => named(titleNodeThen(consent), consent);

/** @param {HTMLElement} title @param {{channel: string}} consent */
function named(title, { channel }) {
  const node = element('span');
  node.append(title, ` · ${channelName(channel)}`);
  return node;
}

/** "Details changed: name and number". @param {string[]} changed members of a customer */
export function detailsText(changed) {
  const names = changed.map((member) => (hasText(`csr.detail-${member}`) ? t(`csr.detail-${member}`) : member));
  return t('csr.details-changed', { what: new Intl.ListFormat(language()).format(names) });
}

/** What a customer is called. @param {import('./list.js').Customer} customer */
export const customerText = (customer) => (customer.erased_at ? t('csr.erased') : null) ?? customer.name ?? customer.email ?? customer.msisdn ?? customer.id;

/** Who sees to a request: "You", a colleague by name, nobody. @param {string | null} id of an account @param {Map<string, string>} names */
export function accountText(id, names) {
  if (id === null) return t('csr.nobody');
  return id === self.id ? t('csr.you') : (names.get(id) ?? '…');
}

/** @param {Actor} actor */
export const isSelf = (actor) => actor.id === self.id;

/** "the customer", "anna@example.lk (you)", "database role dba_anna". @param {Actor} actor */
export function whoText(actor) {
  if (isSelf(actor)) return t('csr.who-you', { email: self.email });
  if (actor.kind === 'database') return t('csr.who-database', { role: actor.id });
  return hasText(`csr.who-${actor.kind}`) ? t(`csr.who-${actor.kind}`) : actor.kind;
}

/** Who did it, in the activity: "You", "the customer", "SQL", "import". @param {{actor: Actor, method: string}} change */
export function byText({ actor, method }) {
  if (isSelf(actor)) return t('csr.you');
  if (method === 'import') return t('csr.how-import');
  return hasText(`csr.by-${actor.kind}`) ? t(`csr.by-${actor.kind}`) : actor.kind;
}

/** By which way: "consent centre", "with SQL". @param {string} method @param {Actor} actor */
export function howText(method, { kind }) {
  const own = `csr.how-${method}-${kind}`;
  if (hasText(own)) return t(own);
  return hasText(`csr.how-${method}`) ? t(`csr.how-${method}`) : method;
}

/** "+94 77 123 4567": in groups, as people read it out. @param {string | null} number */
export function numberText(number) {
  if (!number) return '';
  const groups = /^(\+94)(\d\d)(\d{3})(\d{4})$/.exec(number)?.slice(1);
  return groups?.join(' ') ?? number.replace(/(\d{3})(?=\d\d)/g, '$1 ');
}

/** @param {string} code */
export const reasonText = (code) => (hasText(`csr.code-${code}`) ? t(`csr.code-${code}`) : code);

/** By which ways it is known what a customer wants. */
export const REASONS = ['phone-call', 'shop-visit', 'shop-form', 'chat', 'letter', 'email', 'paper-archive'];

/** Fills a choice of them. @param {HTMLSelectElement} select */
export function fillReasons(select) {
  const options = [['', t('csr.reason-choose')], ...REASONS.map((code) => [code, reasonText(code)])];
  select.replaceChildren(...options.map(([value, text]) => Object.assign(element('option', '', text), { value })));
}

/** Writes a status into its badge. @param {HTMLElement} badge @param {string} status */
export function setStatus(badge, status) {
  badge.dataset.status = status;
  badge.textContent = statusName(status);
}
