// One switch: shows the consent as it is or, while a wish is being saved, the wish.

import { clone, element, fill, on, slot } from '../shared/dom.js';
import { problemText } from '../shared/problems.js';
import { channelName, t } from '../shared/text.js';
import { decide } from './decision.js';
import { stateNode } from './words.js';

/** @typedef {import('./consents.js').Consent} Consent */
/** @typedef {import('./consents.js').BoundNotice} BoundNotice */
/** notice: the text shown now; onSave: with the server's answer; onSuperseded: another text is in force by now.
 * @typedef {{notice: (consent: Consent) => BoundNotice | null, openNotice: (consent: Consent) => void,
 *   onSave: (consent: Consent) => void, onSuperseded: (consent: Consent) => Promise<void>}} Page */

export class Choice {
  node = clone('choice');
  #switch = slot(this.node, 'switch');
  #consent;
  #page;
  /** @type {boolean | null} */
  #wish = null;
  #saving = false;
  /** The wish that a request carries whose outcome is not known yet. @type {boolean | null} */
  #pending = null;

  /** @param {Consent} consent @param {string} titleId of the element with the purpose's title @param {Page} page */
  constructor(consent, titleId, page) {
    this.#consent = consent;
    this.#page = page;
    this.#label(titleId);
    on(this.#switch, 'click', () => this.#toggle());
    this.draw();
  }

  /** Whether this change is of this switch's own making. @param {string} type */
  isOwn(type) {
    return this.#pending !== null && type === (this.#pending ? 'granted' : 'revoked');
  }

  /** A newer consent, from the server's answer or from the feed. @param {Consent} consent @param {boolean} [elsewhere] changed */
  take(consent, elsewhere = false) {
    this.#consent = consent;
    if (!elsewhere) this.#pending = null;
    if (!this.#saving) this.#complain(null);
    this.draw();
    if (elsewhere) shine(this.node);
  }

  draw() {
    const checked = this.#wish ?? this.#consent.status === 'granted';
    this.#switch.setAttribute('aria-checked', String(checked));
    this.#switch.setAttribute('aria-busy', String(this.#wish !== null));
    fill(this.node, { state: this.#wish === null ? stateNode(this.#consent) : t('customer.saving') });
  }

  /** @param {string} titleId */
  #label(titleId) {
    const id = (/** @type {string} */ part) => `${part}-${this.#consent.id}`;
    const label = /** @type {HTMLLabelElement} */ (slot(this.node, 'channel'));
    label.textContent = channelName(this.#consent.channel);
    label.htmlFor = id('switch');
    for (const name of ['channel', 'state', 'switch', 'problem']) slot(this.node, name).id = id(name);
    this.#switch.setAttribute('aria-labelledby', `${titleId} ${id('channel')}`);
    this.#switch.setAttribute('aria-describedby', `${id('state')} ${id('problem')}`);
  }

  #toggle() {
    this.#wish = this.#switch.getAttribute('aria-checked') !== 'true';
    this.#complain(null);
    this.draw();
    if (!this.#saving) this.#save();
  }

  /** Somebody may think again while it is being saved: the last wish is sent last. */
  async #save() {
    this.#saving = true;
    while (this.#wish !== null) {
      const wish = this.#wish;
      const problem = await this.#send(wish);
      if (this.#wish !== wish) continue;
      this.#wish = null;
      this.draw();
      // The answer may have been lost after the change was made, and the feed have brought it.
      if (problem && (this.#consent.status === 'granted') !== wish) this.#complain(problem);
    }
    this.#saving = false;
  }

  /** What to say where it failed. @param {boolean} wish @returns {Promise<string | Node | null>} */
  async #send(wish) {
    this.#pending = wish;
    try {
      const { consent } = await decide(this.#consent.id, wish, this.#page.notice(this.#consent));
      if (consent.version >= this.#consent.version) this.take(consent);
      this.#page.onSave(this.#consent);
      return null;
    } catch (error) {
      return this.#why(/** @type {import('../shared/api.js').ApiError} */ (error));
    }
  }

  /** @param {import('../shared/api.js').ApiError} error @returns {Promise<string | Node>} */
  async #why(error) {
    const { status, code } = error;
    if (code === 'offline') return t('customer.problem-offline');
    // Only now it is certain that nothing of this request can still come in by the feed.
    if (status < 500) this.#pending = null;
    if (code === 'notice-superseded') return this.#whySuperseded();
    if (code === 'no-notice' || code === 'not-offered') return t('customer.problem-no-notice');
    if (status === 429) return problemText(error);
    return t(status === 503 ? 'customer.problem-busy' : 'customer.problem');
  }

  async #whySuperseded() {
    await this.#page.onSuperseded(this.#consent);
    const link = element('button', 'link', t('customer.read'));
    on(link, 'click', () => this.#page.openNotice(this.#consent));
    const text = element('span', '', `${t('customer.problem-superseded')} `);
    text.append(link);
    return text;
  }

  /** @param {string | Node | null} problem */
  #complain(problem) {
    const target = slot(this.node, 'problem');
    if (problem || target.hasChildNodes()) target.replaceChildren(...(problem ? [problem] : []));
  }
}

/** @param {HTMLElement} node */
function shine(node) {
  node.classList.remove('glow');
  void node.offsetWidth; // or the motion would not begin again
  node.classList.add('glow');
  on(node, 'animationend', () => node.classList.remove('glow'), { once: true });
}
