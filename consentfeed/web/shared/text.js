// Texts of the pages in the reader's language. A key that a catalogue lacks is shown in English.

/** @typedef {string | {one: string, other: string}} Entry */

export const languages = { en: 'English', si: 'සිංහල', ta: 'தமிழ்' };

const STORAGE_KEY = 'consentfeed.language';
/** @type {Record<string, Entry>} */
let texts = {};
let current = 'en';
let plural = new Intl.PluralRules('en');

/** The language that is shown: en, si or ta. */
export const language = () => current;

/** Remembers a language for this browser; the page has to be loaded again. @param {string} code */
export function keepLanguage(code) {
  localStorage.setItem(STORAGE_KEY, code);
}

/** Loads the shared catalogue and those of the page, and names the language in the document.
 * @param {...string} pages as in texts/en-csr.js */
export async function loadTexts(...pages) {
  current = preferredLanguage();
  plural = new Intl.PluralRules(current);
  document.documentElement.lang = current;
  const names = [...new Set(['en', current])].flatMap((code) => [code, ...pages.map((page) => `${code}-${page}`)]);
  const modules = await Promise.all(names.map((name) => import(`../texts/${name}.js`)));
  texts = Object.assign({}, ...modules.map((module) => module.default));
}

function preferredLanguage() {
  const tags = [localStorage.getItem(STORAGE_KEY), ...navigator.languages];
  const codes = tags.map((tag) => (tag ?? '').slice(0, 2).toLowerCase()).filter((code) => code in languages);
  return codes[0] ?? 'en';
}

/** The tag that a language is looked up by (RFC 4647, 3.4): si-LK ends at si; '' where none fits.
 * @param {string} wanted @param {string[]} tags */
export function lookUp(wanted, tags) {
  for (let range = wanted.replaceAll('_', '-').toLowerCase(); range; range = range.slice(0, Math.max(range.lastIndexOf('-'), 0))) {
    const tag = tags.find((one) => one.toLowerCase() === range);
    if (tag) return tag;
  }
  return '';
}

/** The text of a key, with {name} filled in; entries with one/other go by values.count.
 * @param {string} key @param {Record<string, string | number>} [values] @returns {string} */
export function t(key, values = {}) {
  const entry = texts[key];
  if (entry === undefined) throw new Error(`no text for ${key}`);
  const form = typeof entry === 'string' ? entry : plural.select(Number(values.count)) === 'one' ? entry.one : entry.other;
  return form.replace(/\{(\w+)\}/g, (_, name) => formatValue(values[name]));
}

/** A text with a node in place of {name}. @param {string} key @param {string} name @param {Node} node
 * @param {Record<string, string | number>} [values] of the others @returns {(Node | string)[]} */
export function around(key, name, node, values = {}) {
  const [before, after] = t(key, { ...values, [name]: '\u0000' }).split('\u0000');
  return [before, node, after];
}

// Letters that run from right to left, and what turns the direction of a text.
const TURNS = /[\u0590-\u08ff\u200e\u200f\u202a-\u202e\u2066-\u2069\ufb1d-\ufdff\ufe70-\ufefc\u{10800}-\u{10fff}\u{1e800}-\u{1efff}]/u;

/** A name within a sentence: whatever direction it has, the words around it keep theirs. @param {string} text */
export const isolate = (text) => (TURNS.test(text) ? `\u2068${text}\u2069` : text);

/** @param {string | number | undefined} value */
const formatValue = (value) => (typeof value === 'number' ? value.toLocaleString(current) : isolate(value ?? ''));

/** Whether there is a text of this key. @param {string} key */
export const hasText = (key) => key in texts;

/** Fills what is marked data-t, data-t-label, data-t-placeholder and data-t-title. @param {ParentNode} root */
export function translate(root) {
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-t]'))) {
    node.textContent = t(node.dataset.t ?? '');
  }
  for (const [mark, attribute] of [['label', 'aria-label'], ['placeholder', 'placeholder'], ['title', 'title']]) {
    for (const node of root.querySelectorAll(`[data-t-${mark}]`)) {
      node.setAttribute(attribute, t(node.getAttribute(`data-t-${mark}`) ?? ''));
    }
  }
  for (const template of root.querySelectorAll('template')) translate(template.content);
}

/** "App notification", or the key itself where a catalogue has no name for it. @param {string} channel */
export const channelName = (channel) => (hasText(`channel.${channel}`) ? t(`channel.${channel}`) : channel);

/** The name of a language in the reader's, or its own: not each browser knows each. @param {string} tag @returns {string} */
export function languageName(tag) {
  const name = new Intl.DisplayNames(language(), { type: 'language', fallback: 'none' }).of(tag);
  return name ?? languages[/** @type {keyof typeof languages} */ (tag)] ?? tag;
}
