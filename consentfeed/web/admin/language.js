// One language of a draft: its title, description and text, beside what is in force.

import { clone, fill, slot } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { FieldProblem } from './forms.js';

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
  /** As the server has it. @type {Words} */
  #saved = wordsOfNotice(undefined);

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
    return FIELDS.some((field) => this.words[field] !== this.#saved[field] && (this.words[field].trim() || this.#saved[field]));
  }

  /** @param {Words} words */
  write(words) {
    for (const field of FIELDS) if (this.#input(field).value !== words[field]) this.#input(field).value = words[field];
  }

  /** @param {{inForce: Notice | undefined, version: number, saved: Notice | undefined, usual: string}} notices usual: the title that one
   * gets which has none */
  draw({ inForce, version, saved, usual }) {
    this.#saved = wordsOfNotice(saved);
    this.#input('title').placeholder = usual;
    slot(this.node, 'in-force-name').textContent = inForce ? t('notices.in-force-name', { version }) : t('notices.none-in-force');
    const words = wordsOfNotice(inForce);
    for (const field of FIELDS) slot(this.node, `${field}-in-force`).textContent = words[field];
  }

  /** What is sent; a title or a description that was never given is the purpose's. Throws FieldProblem. @returns {Partial<Words>} */
  get body() {
    const { title, description, text } = this.words;
    if (!text.trim()) throw new FieldProblem('text', t('notices.blank'));
    if (!title.trim() && this.#saved.title) throw new FieldProblem('title', t('purposes.no-title'));
    return { text, ...(title.trim() && { title }), ...((description.trim() || this.#saved.text) && { description }) };
  }

  /** @param {string} field @param {string} problem */
  fail(field, problem) {
    const input = this.#input(FIELDS.find((one) => one === field) ?? 'text');
    slot(this.node, 'problem').textContent = problem;
    input.setAttribute('aria-invalid', 'true');
    input.focus();
  }
}
