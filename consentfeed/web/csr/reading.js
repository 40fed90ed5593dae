// The notice that is read to the customer before a grant: which text it is, and whether it is on the screen.

import { byId, element, on } from '../shared/dom.js';
import { readNotice } from '../shared/notices.js';
import { problemText } from '../shared/problems.js';
import { purpose, readPurposes, whenPurposesChange } from '../shared/purposes.js';
import { language, languageName, lookUp, t } from '../shared/text.js';

/** @typedef {import('../shared/notices.js').NoticeId} NoticeId */

const languages = /** @type {HTMLSelectElement} */ (byId('act-language'));
const text = byId('act-text');
const title = byId('act-text-title');

/** Calls onChange whenever another text is shown, or none. One for the page. */
export class Reading {
  /** The text on the screen; what is not on it cannot be granted. @type {NoticeId | null} */
  shown = null;
  #key = '';
  #language = '';
  #onChange;

  /** @param {() => void} onChange */
  constructor(onChange) {
    this.#onChange = onChange;
    on(languages, 'change', () => this.#show());
    // A text that is being read stays until it is refused; where there was none to read, there may be one now. Nothing has been
    // asked when the page reads the purposes first.
    whenPurposesChange(() => (this.#key && !this.shown ? this.#draw() : undefined));
  }

  /** The texts of a purpose, at first in the customer's language. @param {string} key @param {string} language '' where it is not known */
  async open(key, language) {
    [this.#key, this.#language] = [key, language];
    languages.replaceChildren();
    this.#draw();
    await this.refresh();
  }

  /** Reads what is in force now; whether it is another version than the one that was on the screen. */
  async refresh() {
    const [key, before] = [this.#key, this.shown];
    await readPurposes().catch(() => {}); // what is known already serves
    if (key !== this.#key) return false;
    this.#draw();
    return before !== null && this.#inForce()?.version !== before.version;
  }

  /** Whether nothing can be granted any more, whatever the text says. */
  get isClosed() {
    return purpose(this.#key)?.offered === false;
  }

  #draw() {
    const offered = (this.isClosed ? null : purpose(this.#key)?.languages) ?? [];
    const chosen = [languages.value, this.#language, language()].map((one) => lookUp(one, offered)).find(Boolean) ?? offered[0] ?? '';
    languages.replaceChildren(...offered.map((one) => Object.assign(element('option', '', languageName(one)), { value: one })));
    languages.value = chosen;
    this.#show();
  }

  /** The text in force, in the language that is chosen. @returns {NoticeId | null} */
  #inForce() {
    const version = purpose(this.#key)?.notice_version;
    return version && languages.value ? { key: this.#key, version, language: languages.value } : null;
  }

  async #show() {
    const notice = this.#inForce();
    if (notice && isSame(notice, this.shown)) return;
    this.#put(null, notice ? '…' : t(this.isClosed ? 'csr.act-closed' : 'csr.act-no-notice'));
    if (!notice) return;
    const put = await readNotice(notice).then(
      (words) => () => this.#put(notice, words.text, words.title),
      (error) => () => this.#put(null, problemText(error)),
    );
    if (isSame(notice, this.#inForce())) put();
  }

  /** @param {NoticeId | null} notice @param {string} content of it, or what there is to say instead @param {string} [name] its title */
  #put(notice, content, name = '') {
    this.shown = notice;
    text.lang = title.lang = notice?.language ?? language();
    title.textContent = name;
    text.translate = !notice;
    text.textContent = content;
    this.#onChange();
  }
}

/** @param {NoticeId} a @param {NoticeId | null} b */
const isSame = (a, b) => a.key === b?.key && a.version === b.version && a.language === b.language;
