// Which changes a person is told of: the choices, and the message with its sound.

import { preference } from '../shared/preferences.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { beep, isQuiet } from './sound.js';
import { isSelf, whatText } from './words.js';

/** @typedef {import('./activity.js').Change} Change */
/** @typedef {{about: 'all' | 'open' | 'watched', messages: string[], sounds: string[], quiet: {from: string, to: string},
 *   watched: string[], keys: boolean}} Choices */

export const KINDS = /** @type {const} */ ({ granted: 'success', revoked: 'warning', expired: 'info' });

/** @type {Choices} */
const DEFAULTS = { about: 'all', messages: Object.keys(KINDS), sounds: [], quiet: { from: '', to: '' }, watched: [], keys: true };

/** What the person chose, or what holds until then. @returns {Choices} */
export const readChoices = () => ({ ...DEFAULTS, ...preference('csr', {}) });

/** Whether the person wants to be told. @param {Change} change @param {Choices} choices @param {string | null} customer the one on the card */
export function isWanted(change, choices, customer) {
  if (isSelf(change.actor) || !choices.messages.includes(change.type)) return false;
  const id = change.consent.customer_id;
  if (choices.about === 'open') return id === customer;
  return choices.about === 'all' || choices.watched.includes(id);
}

/** Tells of a change, if it is wanted.
 * @param {Change} change @param {{open: (change: Change) => void, name: (customer: string) => string | null, customer: () => string | null}} page */
export function alertOf(change, page) {
  const choices = readChoices();
  if (!isWanted(change, choices, page.customer())) return;
  toast({
    kind: KINDS[/** @type {keyof typeof KINDS} */ (change.type)] ?? 'info',
    text: messageText(change, page.name(change.consent.customer_id)),
    detail: whatText(change.consent),
    action: { text: t('csr.open-card'), run: () => page.open(change) },
  });
  if (choices.sounds.includes(change.type) && !isQuiet(choices.quiet)) beep(change.type);
}

/** "A. Customer revoked a consent". @param {Change} change @param {string | null} name */
function messageText(change, name) {
  const customer = name ?? change.user.email ?? t('csr.a-customer');
  return t(`csr.alert-${change.type}`, { customer });
}
