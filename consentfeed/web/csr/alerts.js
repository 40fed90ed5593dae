// Which changes a person is told of: the choices, and the message with its sound.

import { now } from '../shared/clock.js';
import { on } from '../shared/dom.js';
import { preference } from '../shared/preferences.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { beep, isQuiet } from './sound.js';
import { isSelf, whatText } from './words.js';

/** @typedef {import('./activity.js').Change} Change */
/** @typedef {{about: 'all' | 'open' | 'watched', messages: string[], sounds: string[], quiet: {from: string, to: string},
 *   watched: string[], keys: boolean}} Choices */

export const KINDS = /** @type {const} */ ({ granted: 'success', revoked: 'warning', expired: 'info' });

// Older ones have happened while the page did not look.
const NEW_MS = 60_000;

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

/** Tells a person of changes as they come. Those that come while the page catches up are told together: they are not new. */
export class Alerts {
  #page;
  #feed;
  #missed = 0;

  /** @param {{open: (change: Change) => void, name: (customer: string) => string | null, customer: () => string | null}} page
   * @param {EventTarget & {state: any}} feed */
  constructor(page, feed) {
    this.#page = page;
    this.#feed = feed;
    on(feed, 'state', () => this.#tellMissed());
  }

  /** @param {Change} change */
  take(change) {
    const choices = readChoices();
    if (!isWanted(change, choices, this.#page.customer())) return;
    if (this.#feed.state.phase !== 'live' || now() - Date.parse(change.timestamp) > NEW_MS) {
      this.#missed += 1;
      this.#tellMissed();
    } else this.#tell(change, choices);
  }

  /** @param {Change} change @param {Choices} choices */
  #tell(change, choices) {
    toast({
      kind: KINDS[/** @type {keyof typeof KINDS} */ (change.type)] ?? 'info',
      text: messageText(change, this.#page.name(change.consent.customer_id)),
      detail: whatText(change.consent),
      action: { text: t('csr.open-card'), run: () => this.#page.open(change) },
    });
    if (choices.sounds.includes(change.type) && !isQuiet(choices.quiet)) beep(change.type);
  }

  /** Once it is live: at the end of this turn, for what has come at once is told at once. */
  #tellMissed() {
    if (!this.#missed || this.#feed.state.phase !== 'live') return;
    queueMicrotask(() => {
      if (this.#missed) toast({ kind: 'info', text: t('csr.alert-missed', { count: this.#missed }) });
      this.#missed = 0;
    });
  }
}

/** "A. Customer revoked a consent". @param {Change} change @param {string | null} name */
function messageText(change, name) {
  const customer = name ?? change.user.email ?? t('csr.a-customer');
  return t(`csr.alert-${change.type}`, { customer });
}
