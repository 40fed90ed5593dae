// The draft of a purpose's next notice, beside the one in force; or of the languages that the one in force lacks.

import { ApiError, put } from '../shared/api.js';
import { byId, on } from '../shared/dom.js';
import { askBeforeLeaving, clearProblems, submitForm } from '../shared/forms.js';
import { languageName, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { LANGUAGES, LanguagePart, wordsOfNotice } from './language.js';
import { ChangedMeanwhile } from './meanwhile.js';
import { askToPublish } from './publication.js';
import { baseOf, dropUnsaved, hasUnsaved, keepUnsaved, rebase, unsavedWords } from './unsaved.js';

/** @typedef {import('./notices.js').Version} Version */
/** @typedef {import('./notices.js').Notice} Notice */
/** @typedef {import('./purposes.js').Purpose} Purpose */

// Whoever saves again has seen what is there now.
const CHANGED = ['stale', 'notice-published', 'notice-superseded'];

/** @param {(isPublished: boolean) => Promise<void>} onSave called after each change on the server */
export function draftForm(onSave) {
  const form = /** @type {HTMLFormElement} */ (byId('draft'));
  /** isAddition: languages for the version in force, not a version of its own. tag: of what is drafted, in all languages.
   * @type {import('./publication.js').Publication} */
  let now;
  /** @type {Version[]} */
  let versions = [];
  /** @type {LanguagePart[]} */
  let parts = [];
  const changedParts = () => parts.filter((part) => part.isChanged);
  const drawButtons = () => {
    byId('draft-unsaved').textContent = changedParts().length ? t('notices.unsaved') : '';
    /** @type {HTMLButtonElement} */ (byId('draft-publish')).disabled = !parts.some((part) => part.hasText);
    byId('draft-copy').hidden = parts.every((part) => part.hasText || !of(now.inForce?.texts, part.language));
  };

  on(form, 'input', ({ target }) => {
    const part = /** @type {LanguagePart} */ (parts.find(({ node }) => node.contains(target)));
    keepUnsaved(part);
    drawButtons();
  });
  on(byId('draft-copy'), 'click', () => {
    for (const part of parts.filter((one) => !one.hasText)) {
      part.write(wordsOfNotice(of(now.inForce?.texts, part.language)));
      keepUnsaved(part);
    }
    drawButtons();
    focusFirst();
  });
  on(byId('draft-add'), 'click', () => {
    now.isAddition = !now.isAddition;
    draw();
    focusFirst();
  });
  on(form, 'submit', (event) => {
    event.preventDefault();
    submitForm(form, async () => {
      if (!changedParts().length) return void toast({ kind: 'info', text: t('notices.nothing') });
      if (await save()) toast({ kind: 'success', text: t('notices.saved', { version: now.version }) });
    });
  });
  on(byId('draft-publish'), 'click', () =>
    submitForm(form, async () => {
      if (!(await save())) return;
      askToPublish(now, async (isPublished) => {
        await onSave(isPublished);
        return now;
      });
    }),
  );
  askBeforeLeaving(hasUnsaved);

  const focusFirst = () => /** @type {HTMLElement | null} */ (form.querySelector('.input'))?.focus();

  /** Writes what has changed; what is refused is said beside its language. @returns {Promise<boolean>} whether all was taken */
  async function save() {
    const { purpose, version } = now;
    /** @type {Map<string, (part: LanguagePart) => unknown>} why, by language */
    const refusals = new Map();
    for (const part of changedParts()) {
      const before = JSON.stringify(part.words);
      try {
        await put(`/purposes/${purpose.key}/notices/${version}/${part.language}`, part.body, { match: part.base?.tag ?? null });
        // What was typed since then is not saved yet.
        if (JSON.stringify(part.words) === before) dropUnsaved(part.id);
        else rebase(part.id);
      } catch (error) {
        refusals.set(part.language, whyRefused(part, error));
      }
    }
    await onSave(false);
    for (const part of parts) if (refusals.has(part.language)) part.fail(refusals.get(part.language)?.(part));
    return !refusals.size;
  }

  function draw() {
    const inForce = versions.find((one) => one.state === 'in-force') ?? null;
    const draft = versions.find((one) => one.state === 'draft') ?? null;
    const lacking = inForce ? lackingIn(inForce) : [];
    const isAddition = now.isAddition && lacking.length > 0;
    const next = draft?.version ?? (versions[0]?.version ?? 0) + 1;
    const drafts = (isAddition ? inForce?.drafts : draft?.texts) ?? [];
    now = { ...now, inForce, drafts, isAddition, version: isAddition ? (inForce?.version ?? 0) : next, tag: (isAddition ? inForce : draft)?.tag };
    drawWords(draft !== null, next, lacking);
    const languages = isAddition ? lacking : [...new Set([...LANGUAGES, ...[...(inForce?.texts ?? []), ...drafts].map((one) => one.language)])];
    makeParts(languages);
    for (const part of parts) {
      const base = baseOf(part.id, of(drafts, part.language), now.version);
      part.draw({ inForce: of(inForce?.texts, part.language), version: inForce?.version ?? 0, base, usual: now.purpose.title });
      part.write(unsavedWords(part.id) ?? wordsOfNotice(base));
    }
    form.hidden = false;
    drawButtons();
  }

  /** @param {boolean} isDrafted whether the next version is there @param {number} next its number @param {string[]} lacking languages */
  function drawWords(isDrafted, next, lacking) {
    const { version, isAddition, inForce } = now;
    const lead = inForce ? 'notices.draft-lead' : 'notices.draft-first';
    byId('draft-title').textContent = t(isAddition ? 'notices.adding' : isDrafted ? 'notices.draft' : 'notices.new-draft', { version });
    byId('draft-lead').textContent = t(isAddition ? 'notices.adding-lead' : lead);
    byId('draft-add').hidden = !lacking.length;
    const add = { version: inForce?.version ?? 0, languages: lacking.map(languageName).join(', ') };
    byId('draft-add').textContent = isAddition ? t('notices.add-back', { version: next }) : t('notices.add', add);
  }

  /** Others than there are, where something else is drafted. @param {string[]} languages */
  function makeParts(languages) {
    const ids = languages.map((language) => `${now.purpose.key}/${now.isAddition ? 'added/' : ''}${language}`);
    if (form.hidden) clearProblems(form);
    if (parts.map(({ id }) => id).join() === ids.join()) return;
    parts = languages.map((language, index) => new LanguagePart(language, ids[index]));
    byId('draft-languages').replaceChildren(...parts.map(({ node }) => node));
  }

  return {
    /** Another purpose, whose versions are not here yet. @param {Purpose} purpose */
    open(purpose) {
      if (now?.purpose.key === purpose.key) return void (now.purpose = purpose);
      form.hidden = true;
      now = { purpose, inForce: null, drafts: [], version: 1, isAddition: false };
    },
    /** @param {Version[]} list newest first */
    draw(list) {
      versions = list;
      draw();
    },
  };
}

/** What is said of it once what is saved now has been read. @param {LanguagePart} part @param {unknown} error @returns {(part: LanguagePart) => unknown} */
function whyRefused(part, error) {
  const code = error instanceof ApiError ? error.code : '';
  if (!CHANGED.includes(code)) return () => error;
  const merge = rebase(part.id);
  return (now) => (code === 'stale' ? new ChangedMeanwhile(merge(now)) : error);
}

/** @param {Notice[] | undefined} notices @param {string} language */
const of = (notices, language) => notices?.find((notice) => notice.language === language);

/** @param {Version} version */
const lackingIn = ({ texts }) => LANGUAGES.filter((language) => !of(texts, language));
