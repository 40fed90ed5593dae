// The draft of a purpose's next notice, beside the text in force.

import { put } from '../shared/api.js';
import { byId, clone, fill, on, slot } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { FieldProblem, askBeforeLeaving, clearProblems, confirm, explain, submitForm } from './forms.js';
import { publication } from './publication.js';

/** @typedef {import('./notices.js').Version} Version */
/** @typedef {import('./purposes.js').Purpose} Purpose */

const LANGUAGES = ['en', 'si', 'ta'];

/** What was typed and is not saved yet, by purpose and language: it waits here while something else is looked at.
 * @type {Map<string, string>} */
const unsaved = new Map();

/** @param {(isPublished: boolean) => Promise<void>} onSave called after each change on the server */
export function draftForm(onSave) {
  const form = /** @type {HTMLFormElement} */ (byId('draft'));
  /** @type {{purpose: Purpose, inForce: Version | null, draft: Version | null, version: number}} */
  let now;
  const id = (/** @type {string} */ language) => `${now.purpose.key}/${language}`;
  const textBefore = (/** @type {string} */ language) => textOf(now.draft, language);
  const areas = () => /** @type {HTMLTextAreaElement[]} */ ([...form.querySelectorAll('textarea')]);
  const changedAreas = () => areas().filter((area) => area.value !== textBefore(area.lang) && (area.value.trim() || textBefore(area.lang)));
  const buttons = () => {
    const open = changedAreas().length;
    byId('draft-unsaved').textContent = open ? t('notices.unsaved') : '';
    enable('draft-publish', areas().some((area) => area.value.trim()));
    byId('draft-copy').hidden = !now.inForce || areas().every((area) => area.value || !textOf(now.inForce, area.lang));
  };

  on(form, 'input', ({ target }) => {
    if (target.value === textBefore(target.lang)) unsaved.delete(id(target.lang));
    else unsaved.set(id(target.lang), target.value);
    buttons();
  });
  on(byId('draft-copy'), 'click', () => {
    for (const area of areas().filter((one) => !one.value)) {
      area.value = textOf(now.inForce, area.lang);
      area.dispatchEvent(new InputEvent('input', { bubbles: true }));
    }
    areas()[0].focus();
  });
  on(form, 'submit', (event) => {
    event.preventDefault();
    submitForm(form, async () => {
      if (!changedAreas().length) return void toast({ kind: 'info', text: t('notices.nothing') });
      if (await save()) toast({ kind: 'success', text: t('notices.saved', { version: now.version }) });
    });
  });
  on(byId('draft-publish'), 'click', () =>
    submitForm(form, async () => {
      if (!(await save())) return;
      const languages = areas().filter((area) => area.value.trim()).map((area) => area.lang);
      confirm(publication({ ...now, languages }, () => onSave(true)));
    }),
  );
  askBeforeLeaving(() => unsaved.size > 0);

  /** Writes what has changed; what is refused is said beside its language. @returns {Promise<boolean>} whether all was taken */
  async function save() {
    const writing = { ...now };
    let refusals = 0;
    for (const area of changedAreas()) {
      const text = area.value;
      try {
        if (!text.trim()) throw new FieldProblem('', t('notices.blank'));
        await put(`/purposes/${writing.purpose.key}/notices/${writing.version}/${area.lang}`, { text });
        // What was typed since then is not saved yet.
        if (area.value === text) unsaved.delete(`${writing.purpose.key}/${area.lang}`);
      } catch (error) {
        refusals += 1;
        showProblem(area, explain(error));
      }
    }
    await onSave(false);
    return !refusals;
  }

  return {
    /** Another purpose, whose versions are not here yet. @param {Purpose} purpose */
    open(purpose) {
      if (now?.purpose.key === purpose.key) return void (now.purpose = purpose);
      form.hidden = true;
      now = { purpose, inForce: null, draft: null, version: 1 };
    },
    /** @param {Version[]} versions newest first */
    draw(versions) {
      const inForce = versions.find((one) => one.state === 'in-force') ?? null;
      const draft = versions.find((one) => one.state === 'draft') ?? null;
      now = { ...now, inForce, draft, version: draft?.version ?? (versions[0]?.version ?? 0) + 1 };
      byId('draft-title').textContent = t(draft ? 'notices.draft' : 'notices.new-draft', { version: now.version });
      byId('draft-lead').textContent = t(inForce ? 'notices.draft-lead' : 'notices.draft-first');
      const languages = [...new Set([...LANGUAGES, ...[inForce, draft].flatMap((one) => one?.texts ?? []).map((text) => text.language)])];
      const current = areas().map((area) => area.dataset.of).join();
      if (current !== languages.map(id).join()) byId('draft-languages').replaceChildren(...languages.map((one) => makeLanguage(one, id(one))));
      if (form.hidden) clearProblems(form);
      for (const area of areas()) drawLanguage(area, inForce, unsaved.get(id(area.lang)) ?? textOf(draft, area.lang));
      form.hidden = false;
      buttons();
    },
  };
}

/** @param {Version | null} version @param {string} language */
const textOf = (version, language) => version?.texts.find((text) => text.language === language)?.text ?? '';

/** @param {string} language @param {string} of purpose and language */
function makeLanguage(language, of) {
  const part = fill(clone('draft-language'), { language: languageName(language) });
  const area = /** @type {HTMLTextAreaElement} */ (slot(part, 'text'));
  area.id = `draft-${language}`;
  area.lang = slot(part, 'in-force').lang = language;
  area.dataset.of = of;
  slot(part, 'problem').id = `${area.id}-problem`;
  area.setAttribute('aria-describedby', slot(part, 'problem').id);
  slot(part, 'label').setAttribute('for', area.id);
  slot(part, 'label').textContent = t('notices.text', { language: languageName(language) });
  return part;
}

/** @param {HTMLTextAreaElement} area @param {Version | null} inForce @param {string} text */
function drawLanguage(area, inForce, text) {
  const part = /** @type {HTMLElement} */ (area.closest('.draft-language'));
  slot(part, 'in-force-name').textContent = inForce && textOf(inForce, area.lang) ? t('notices.in-force-name', { version: inForce.version }) : t('notices.none-in-force');
  slot(part, 'in-force').textContent = textOf(inForce, area.lang);
  if (area.value !== text) area.value = text;
}

/** @param {HTMLTextAreaElement} area @param {string} text */
function showProblem(area, text) {
  slot(/** @type {HTMLElement} */ (area.closest('.draft-language')), 'problem').textContent = text;
  area.setAttribute('aria-invalid', 'true');
  area.focus();
}

/** @param {string} button @param {boolean} able */
const enable = (button, able) => (/** @type {HTMLButtonElement} */ (byId(button)).disabled = !able);
