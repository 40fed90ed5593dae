// Which changes a person is told of: the choices, and the message with its sound.

import { now } from '../shared/clock.js';
import { on } from '../shared/dom.js';
import { preference } from '../shared/preferences.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { aboutText, customerOf, didText, kindOf } from './change.js';
import { beep, isQuiet } from './sound.js';
import { isSelf, whoText } from './words.js';

/** @typedef {import('./activity.js').Change} Change */
/** @typedef {{about: 'all' | 'watched', messages: string[], sounds: string[], quiet: {from: string, to: string},
 *   watched: string[], keys: boolean, kinds?: string[]}} Choices */

export const KINDS = /** @type {const} */ ({ granted: 'success', revoked: 'info', expired: 'info', request: 'info', preferences: 'info' });
// Who chose before there were others was not asked about them.
const FIRST_KINDS = ['granted', 'revoked', 'expired'];

// Older ones have happened while the page did not look.
const NEW_MS = 60_000;

/** @type {Choices} */
const DEFAULTS = { about: 'all', messages: Object.keys(KINDS), sounds: [], quiet: { from: '', to: '' }, watched: [], keys: true };

/** What the person chose, or what holds until then. @returns {Choices} */
export const readChoices = () => {
  const choices = { ...DEFAULTS, ...preference('csr', /** @type {Partial<Choices>} */ ({})) };
  const later = Object.keys(KINDS).filter((kind) => !(choices.kinds ?? FIRST_KINDS).includes(kind));
  choices.messages = [...new Set([...choices.messages, ...later])];
  return { ...choices, about: choices.about === 'all' ? 'all' : 'watched' }; // "open" was a choice once
};

/** Whether the person wants to be told: the card that is open shows it by itself. @param {Change} change @param {Choices} choices @param {string | null} customer the one on the card */
export function isWanted(change, choices, customer) {
  const id = customerOf(change);
  if (id === customer || isSelf(change.actor) || !choices.messages.includes(kindOf(change))) return false;
  return choices.about === 'all' || choices.watched.includes(id);
}

/** Tells a person of changes as they come. Those that come while the page catches up are told together: they are not new. */
export class Alerts {
  #page;
  #feed;
  #missed = 0;

  /** @param {{open: (change: Change) => void, name: (customer: string) => string | null, customer: () => string | null, isCovered: () => boolean}} page
   * @param {EventTarget & {state: any}} feed */
  constructor(page, feed) {
    this.#page = page;
    this.#feed = feed;
    on(feed, 'state', () => this.#tellMissed());
  }

  /** @param {Change} change */
  take(change) {
    const choices = readChoices();
    // A card that covers the page is being worked on: the activity has it.
    if (this.#page.isCovered() || !isWanted(change, choices, this.#page.customer())) return;
    if (this.#feed.state.phase !== 'live' || now() - Date.parse(change.timestamp) > NEW_MS) {
      this.#missed += 1;
      this.#tellMissed();
    } else this.#tell(change, choices);
  }

  /** @param {Change} change @param {Choices} choices */
  #tell(change, choices) {
    toast({
      kind: KINDS[/** @type {keyof typeof KINDS} */ (kindOf(change))] ?? 'info',
      text: messageText(change, this.#page.name(customerOf(change))),
      detail: t('csr.alert-by', { who: whoText(change.actor) }),
      action: { text: t('csr.open-card'), run: () => this.#page.open(change) },
    });
    if (choices.sounds.includes(kindOf(change)) && !isQuiet(choices.quiet)) beep(kindOf(change));
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

/** "A. Customer: News and offers · SMS revoked". @param {Change} change @param {string | null} name */
function messageText(change, name) {
  const customer = name ?? change.user.email ?? t('csr.a-customer');
  const did = change.request ? didText(change.request) : '';
  return t(`csr.alert-${kindOf(change)}`, { customer, what: aboutText(change), did });
}
