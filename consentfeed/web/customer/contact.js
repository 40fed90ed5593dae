// How the customer wants to be contacted: saved at once, and taken back as quickly.

import { ApiError, get, put } from '../shared/api.js';
import { now } from '../shared/clock.js';
import { byId, element, on } from '../shared/dom.js';
import { pauseText } from '../shared/contact-preferences.js';
import { partFailed, partRead } from '../shared/parts.js';
import { problemText } from '../shared/problems.js';
import { languageName, languages, t } from '../shared/text.js';

/** @typedef {import('../shared/contact-preferences.js').Preferences} Preferences */
/** @typedef {Pick<Preferences, 'language' | 'quiet_hours' | 'paused_until'>} Wanted */

const PATH = '/customer/contact-preferences';
const DAY = 86_400_000;
const PAUSES = { 'pause-day': 1, 'pause-week': 7, 'pause-month': 30 };

const [language, from, to] = ['language', 'from', 'to'].map((name) => /** @type {HTMLInputElement} */ (byId(`contact-${name}`)));

export class Contact {
  /** @type {Preferences | null} */
  #present = null;
  /** As it was before the last change made here. @type {Preferences | null} */
  #before = null;
  /** Those that the fields were set to last. */
  #hours = '';
  #saving = false;

  constructor() {
    on(language, 'change', () => this.#save({ language: language.value }));
    for (const field of [from, to]) on(field, 'change', () => this.#saveHours());
    on(byId('contact-no-quiet'), 'click', () => this.#save({ quiet_hours: null }));
    for (const [id, days] of Object.entries(PAUSES)) on(byId(id), 'click', () => this.#save({ paused_until: new Date(now() + days * DAY).toISOString() }));
    on(byId('pause-end'), 'click', () => this.#save({ paused_until: null }));
    on(byId('contact-undo'), 'click', () => this.#undo());
  }

  /** Also after an event: that has no values. Never fails. */
  async read() {
    try {
      const { data } = await get(PATH);
      partRead(byId('contact'));
      if (data.version >= (this.#present?.version ?? 0)) this.#show(data);
    } catch (error) {
      partFailed(byId('contact'), () => this.read(), /** @type {any} */ (error).retryAfter);
      this.#say(problemText(error), true);
    }
  }

  /** Both times, or none. */
  #saveHours() {
    if (Boolean(from.value) !== Boolean(to.value)) return this.#say(t('contact.half'), false);
    if (from.value && from.value === to.value) return this.#say(t('contact.same'), true);
    const zone = this.#present?.quiet_hours?.zone ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
    this.#save({ quiet_hours: from.value ? { from: from.value, to: to.value, zone } : null });
  }

  /** @param {Partial<Wanted>} wanted */
  async #save(wanted) {
    const before = this.#present;
    if (!before || this.#saving) return;
    this.#saving = true;
    this.#say(t('customer.saving'), false);
    try {
      const { data } = await put(PATH, wanted, { match: before.version, leaving: true });
      if (data.version > before.version) this.#before = before;
      this.#show(data);
      this.#say(t('customer.contact-saved'), false);
    } catch (error) {
      await this.#refused(error);
    } finally {
      this.#saving = false;
    }
  }

  async #undo() {
    if (!this.#before) return;
    const { language: spoken, quiet_hours, paused_until } = this.#before;
    await this.#save({ language: spoken, quiet_hours, paused_until });
    this.#before = null;
    this.#drawUndo();
    language.focus();
  }

  /** What was chosen is put back, and it is said why. @param {unknown} error */
  async #refused(error) {
    const isStale = error instanceof ApiError && error.code === 'stale';
    this.#hours = '';
    if (isStale) await this.read();
    else if (this.#present) this.#show(this.#present);
    this.#say(isStale ? t('customer.contact-stale') : problemText(error), true);
  }

  /** @param {Preferences} preferences */
  #show(preferences) {
    this.#present = preferences;
    const codes = [...new Set([...Object.keys(languages), preferences.language])];
    language.replaceChildren(...codes.map((code) => Object.assign(element('option', '', languageName(code)), { value: code })));
    language.value = preferences.language;
    this.#showHours(preferences.quiet_hours);
    byId('contact-no-quiet').hidden = !preferences.quiet_hours;
    byId('contact-zone').textContent = preferences.quiet_hours ? t('customer.contact-zone', { zone: preferences.quiet_hours.zone }) : '';
    byId('contact-pause').textContent = pauseText(preferences);
    byId('pause-end').hidden = !preferences.paused_until;
    this.#drawUndo();
    byId('contact').hidden = false;
  }

  /** One of the two may have been chosen already: that stays while nothing else has changed. @param {Preferences['quiet_hours']} hours */
  #showHours(hours) {
    const text = JSON.stringify(hours);
    if (text === this.#hours) return;
    this.#hours = text;
    [from.value, to.value] = [hours?.from ?? '', hours?.to ?? ''];
  }

  #drawUndo() {
    byId('contact-undo').hidden = !this.#before;
  }

  /** @param {string} text @param {boolean} isProblem */
  #say(text, isProblem) {
    byId('contact-state').replaceChildren(...(text ? [element('span', isProblem ? 'problem' : '', text)] : []));
  }
}
