// One language of a draft: its title, description and text, beside what is in force.

import { clone, fill, slot } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { FieldProblems, checkFields, explain, fieldOf } from '../shared/forms.js';

/** @typedef {import('./notices.js').Notice} Notice */
/** @typedef {{title: string, description: string, text: string}} Words */
/** @typedef {HTMLInputElement | HTMLTextAreaElement} Field */

/** The languages of the pages. */
export const LANGUAGES = ['en', 'si', 'ta'];

const FIELDS = /** @type {const} */ (['text', 'title', 'description']);

/** What a notice says. @param {Notice | undefined} notice @returns {Words} */
export const wordsOfNotice = (notice) => ({ title: notice?.title ?? '', description: notice?.description ?? '', text: notice?.text ?? '' });

export class LanguagePart {
  node = clone('draft-language');
  /** What is written over: as the server has it, or had it when something was typed here. @type {Notice | undefined} */
  base;

  /** @param {string} language @param {string} id of what is drafted, in this language */
  constructor(language, id) {
    this.language = language;
    this.id = id;
    const name = languageName(language);
    fill(this.node, { language: name });
    slot(this.node, 'problem').id = `draft-${language}-problem`;
    for (const field of FIELDS) {
      const input = this.#input(field);
      input.id = field === 'text' ? `draft-${language}` : `draft-${language}-${field}`;
      input.lang = slot(this.node, `${field}-in-force`).lang = language;
      input.setAttribute('aria-describedby', slot(this.node, 'problem').id);
      const label = /** @type {HTMLLabelElement} */ (slot(this.node, `${field}-label`));
      label.htmlFor = input.id;
      label.textContent = t(`notices.${field}`, { language: name });
    }
  }

  /** @param {string} field */
  #input(field) {
    return /** @type {Field} */ (slot(this.node, field));
  }

  /** What is typed. @returns {Words} */
  get words() {
    const [text, title, description] = FIELDS.map((field) => this.#input(field).value);
    return { title, description, text };
  }

  get hasText() {
    return Boolean(this.words.text.trim());
  }

  /** Whether something is to be saved. */
  get isChanged() {
    const saved = wordsOfNotice(this.base);
    return FIELDS.some((field) => this.words[field] !== saved[field] && (this.words[field].trim() || saved[field]));
  }

  /** @param {Words} words */
  write(words) {
    for (const field of FIELDS) if (this.#input(field).value !== words[field]) this.#input(field).value = words[field];
  }

  /** @param {{inForce: Notice | undefined, version: number, base: Notice | undefined, usual: string}} notices usual: the title that one
   * gets which has none */
  draw({ inForce, version, base, usual }) {
    this.base = base;
    this.#input('title').placeholder = usual;
    slot(this.node, 'in-force-name').textContent = inForce ? t('notices.in-force-name', { version }) : t('notices.none-in-force');
    const words = wordsOfNotice(inForce);
    for (const field of FIELDS) slot(this.node, `${field}-in-force`).textContent = words[field];
  }

  /** What is sent; a title or a description that was never given is the purpose's. Throws FieldProblems. @returns {Partial<Words>} */
  get body() {
    const { title, description, text } = this.words;
    const saved = wordsOfNotice(this.base);
    checkFields({
      title: () => (title.trim() || !saved.title ? '' : t('purposes.no-title')),
      text: () => (text.trim() ? '' : t('notices.blank')),
    });
    return { text, ...(title.trim() && { title }), ...((description.trim() || saved.text) && { description }) };
  }

  /** Says beside it what was refused, and marks the fields. @param {unknown} error */
  fail(error) {
    const all = error instanceof FieldProblems ? error.all : [error];
    slot(this.node, 'problem').textContent = all.map(explain).join(' ');
    const inputs = all.map((one) => this.#input(FIELDS.find((field) => field === fieldOf(one)) ?? 'text'));
    for (const input of inputs) input.setAttribute('aria-invalid', 'true');
    inputs[0].focus();
  }
}
