// One switch: shows the consent as it is or, while a wish is being saved, the wish.

import { clone, fill, on, slot } from '../shared/dom.js';
import { endsSoon } from '../shared/ends.js';
import { channelName, t } from '../shared/text.js';
import { decide } from './decision.js';
import { Pause } from './pause.js';
import { why, whySuperseded } from './problem.js';
import { renew, renewButton } from './renewal.js';
import { nowText, stateNode } from './words.js';

/** @typedef {import('./consents.js').Consent} Consent */
/** @typedef {import('./consents.js').BoundNotice} BoundNotice */
/** notice: the text shown now; onSave: with the server's answer; onSettled: nothing is being saved any more; onSuperseded: another text is to be shown; onStale: the consent is
 * another one by now; isOffered: whether it can still be turned on; onClosed: it cannot any more.
 * @typedef {{notice: (consent: Consent) => BoundNotice | null, isOffered: (consent: Consent) => boolean, onClosed: () => Promise<void>, openNotice: (consent: Consent) => void,
 *   onSave: (consent: Consent) => void, onSettled: () => void, onSuperseded: (consent: Consent) => Promise<void>, onStale: (consent: Consent) => Promise<Consent>}} Page */

// So long a switch that was turned by somebody else takes no tap: it was meant for what was there before.
const SEEN_MS = 700;

export class Choice {
  node = clone('choice');
  #switch = slot(this.node, 'switch');
  #consent;
  #page;
  /** @type {boolean | null} */
  #wish = null;
  /** The version on which the wish was made: what comes between is not overwritten. */
  #seen = 0;
  #saving = false;
  /** The wish that a request carries whose outcome is not known yet. @type {boolean | null} */
  #pending = null;
  #pause = new Pause();
  #turnedAt = -Infinity;
  #renew;

  /** @param {Consent} consent @param {string} titleId of the element with the purpose's title @param {Page} page */
  constructor(consent, titleId, page) {
    this.#consent = consent;
    this.#page = page;
    this.#label(titleId);
    on(this.#switch, 'click', () => this.#toggle());
    this.#renew = renewButton(this.node, titleId, async () => this.#complain(await this.#send(true, renew)));
    this.draw();
  }

  /** Whether this change is of this switch's own making. @param {string} type */
  isOwn(type) {
    return this.#pending !== null && type === (this.#pending ? 'granted' : 'revoked');
  }

  /** A newer consent, from the server's answer or from the feed. @param {Consent} consent @param {boolean} [elsewhere] changed */
  take(consent, elsewhere = false) {
    if (elsewhere && this.#wish === null && isOn(consent) !== isOn(this.#consent)) this.#turnedAt = performance.now();
    this.#consent = consent;
    if (!elsewhere) [this.#pending, this.#seen] = [null, consent.version];
    if (!this.#saving) this.#complain(null);
    this.draw();
    if (elsewhere) shine(this.node);
  }

  /** Whether a wish is on its way. */
  get isSaving() {
    return this.#saving;
  }

  /** Puts the keyboard there. */
  focus() {
    this.#switch.focus();
  }

  /** Turns it, as a tap would; not where it is so already. @param {boolean} on */
  turn(on) {
    if ((this.#wish ?? isOn(this.#consent)) !== on) this.#want(on);
  }

  draw() {
    this.#switch.setAttribute('aria-checked', String(this.#wish ?? isOn(this.#consent)));
    this.#switch.setAttribute('aria-busy', String(this.#wish !== null));
    // Not "disabled": whoever has just turned it off would lose the focus.
    this.#switch.setAttribute('aria-disabled', String(this.#isClosed));
    this.#renew.hidden = this.#wish !== null || !endsSoon(this.#consent) || !this.#page.isOffered(this.#consent);
    slot(this.node, 'evidence').hidden = !this.#consent.version;
    fill(this.node, { state: this.#wish === null ? stateNode(this.#consent) : t('customer.saving') });
  }

  /** Off, and never to be on again. */
  get #isClosed() {
    return !isOn(this.#consent) && !this.#page.isOffered(this.#consent);
  }

  /** @param {string} titleId */
  #label(titleId) {
    const id = (/** @type {string} */ part) => `${part}-${this.#consent.id}`;
    const label = /** @type {HTMLLabelElement} */ (slot(this.node, 'channel'));
    label.textContent = channelName(this.#consent.channel);
    label.htmlFor = id('switch');
    for (const name of ['channel', 'state', 'switch', 'problem']) slot(this.node, name).id = id(name);
    const evidence = /** @type {HTMLAnchorElement} */ (slot(this.node, 'evidence'));
    evidence.href = `/evidence/${this.#consent.id}`;
    evidence.id = id('evidence');
    evidence.setAttribute('aria-labelledby', `${evidence.id} ${titleId} ${id('channel')}`);
    this.#switch.setAttribute('aria-labelledby', `${titleId} ${id('channel')}`);
    this.#switch.setAttribute('aria-describedby', `${id('state')} ${closedId(this.#consent.purpose)} ${id('problem')}`);
  }

  #toggle() {
    if (performance.now() - this.#turnedAt < SEEN_MS) {
      return this.#complain(t('customer.just-turned', { state: nowText(this.#consent) }), 'note');
    }
    if (this.#isClosed && this.#wish === null) return this.#complain(t('customer.closed'), 'note');
    this.#want(this.#switch.getAttribute('aria-checked') !== 'true');
  }

  /** @param {boolean} wish */
  #want(wish) {
    if (this.#wish === null) this.#seen = this.#consent.version;
    this.#wish = wish;
    this.#complain(null);
    this.draw();
    const pause = this.#wish ? this.#pause.end() : this.#pause.begin();
    if (!this.#saving) this.#save(pause);
  }

  /** Somebody may think again while it is being saved: the last wish is sent last. @param {Promise<void> | void} pause */
  async #save(pause) {
    this.#saving = true;
    await pause;
    while (this.#wish !== null) {
      const wish = this.#wish;
      const problem = this.#isSo(wish) ? null : await this.#send(wish);
      if (this.#wish !== wish) continue;
      this.#wish = null;
      this.draw();
      // The answer may have been lost after the change was made, and the feed have brought it.
      if (problem && isOn(this.#consent) !== wish) this.#complain(problem);
    }
    this.#saving = false;
    this.#page.onSettled();
  }

  /** Whether nothing has to be sent: the second tap has taken the first one back. @param {boolean} wish */
  #isSo(wish) {
    return this.#pending === null && isOn(this.#consent) === wish;
  }

  /** What to say where it failed. @param {boolean} wish @param {(consent: Consent, notice: any) => ReturnType<typeof decide>} [request]
   * @returns {Promise<string | Node | null>} */
  async #send(wish, request = ({ id }, notice) => decide(id, wish, notice, { version: this.#seen })) {
    const notice = this.#page.notice(this.#consent);
    // What nobody could read, nobody agrees to.
    if (wish && !notice) return whySuperseded(this.#consent, this.#page);
    this.#pending = wish;
    try {
      const { consent } = await request(this.#consent, notice);
      if (consent.version >= this.#consent.version) this.take(consent);
      this.#page.onSave(this.#consent);
      return null;
    } catch (error) {
      const { status } = /** @type {import('../shared/api.js').ApiError} */ (error);
      // Only now it is certain that nothing of this request can still come in by the feed.
      if (status > 0 && status < 500) this.#pending = null;
      return why(error, this.#consent, this.#page);
    }
  }

  /** @param {string | Node | null} problem @param {'problem' | 'note'} [kind] */
  #complain(problem, kind = 'problem') {
    const target = slot(this.node, 'problem');
    target.classList.toggle('problem', kind === 'problem');
    if (problem || target.hasChildNodes()) target.replaceChildren(...(problem ? [problem] : []));
  }
}

/** Of the element that says that a purpose is not offered any more. @param {string} key */
export const closedId = (key) => `closed-${key}`;

/** @param {Consent} consent */
const isOn = ({ status }) => status === 'granted';

/** @param {HTMLElement} node */
function shine(node) {
  node.classList.remove('glow');
  void node.offsetWidth; // or the motion would not begin again
  node.classList.add('glow');
  on(node, 'animationend', () => node.classList.remove('glow'), { once: true });
}
