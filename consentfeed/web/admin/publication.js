// What one is asked before a notice is published: what it supersedes or adds to, which languages it lacks, and that it is for ever.

import { post } from '../shared/api.js';
import { element } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { dateText } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { confirm, drawQuestion } from './confirm.js';
import { LANGUAGES } from './language.js';
import { changesBetween, unlessChanged } from './meanwhile.js';
import { preview } from './preview.js';

/** @typedef {import('./notices.js').Version} Version */
/** @typedef {import('./notices.js').Notice} Notice */
/** drafts: what is published now; isAddition: to the version in force. tag: of the version, in all languages.
 * @typedef {{purpose: import('./purposes.js').Purpose, inForce: Version | null, version: number, drafts: Notice[], isAddition: boolean,
 *   tag?: string}} Publication */

/** @param {Publication} publication @param {(isPublished: boolean) => Promise<Publication>} onChange what there is to publish from then on */
export function askToPublish(publication, onChange) {
  let current = publication;
  const run = async () => {
    const { purpose, version, tag } = current;
    await unlessChanged(() => post(`/purposes/${purpose.key}/notices/${version}/publish`, undefined, { match: tag }), lookAgain);
    toast({ kind: 'success', text: t('notices.published', { version, title: purpose.title }) });
    await onChange(true);
  };
  const lookAgain = async () => {
    const before = current;
    current = await onChange(false);
    drawQuestion(question(current));
    return changesBetween(languagesOf(before, current), wordsByLanguage(before), wordsByLanguage(current));
  };
  confirm({ ...question(current), run });
}

/** What confirm() asks. @param {Publication} publication */
function question({ purpose, inForce, version, drafts, isAddition }) {
  const { title } = purpose;
  const languages = drafts.map((draft) => draft.language);
  const textInForce = (/** @type {Notice} */ draft) => inForce?.texts.find((text) => text.language === draft.language);
  return {
    title: t(isAddition ? 'notices.publish-add-title' : 'notices.publish-title', { version, title }),
    text: [
      effect(inForce, isAddition),
      ...(!isAddition && inForce?.granted ? [t('notices.publish-granted', { count: inForce.granted, version: inForce.version })] : []),
      t('notices.publish-languages', { languages: names(languages) }),
      ...missing(inForce, languages, isAddition),
      ...drafts.map((draft) => preview(draft, textInForce(draft), inForce?.version)),
      t('notices.publish-for-ever'),
    ],
    action: t(isAddition ? 'notices.publish-add' : 'notices.publish-do', { version }),
  };
}

/** @param {Publication[]} publications */
const languagesOf = (...publications) =>
  Object.fromEntries(publications.flatMap(({ drafts }) => drafts.map(({ language }) => [language, languageName(language)])));

/** @param {Publication} publication @returns {Record<string, string>} */
const wordsByLanguage = ({ drafts }) =>
  Object.fromEntries(drafts.map(({ language, title, description, text }) => [language, [title, description, text].filter(Boolean).join(' · ')]));

/** @param {Version | null} inForce @param {boolean} isAddition */
function effect(inForce, isAddition) {
  if (!inForce) return t('notices.publish-first');
  const now = { version: inForce.version, since: dateText(inForce.since ?? '') };
  return t(isAddition ? 'notices.publish-adds' : 'notices.publish-supersedes', now);
}

/** A warning of each language that the pages or the version in force have, and this one will not: what is shown instead.
 * @param {Version | null} inForce @param {string[]} languages @param {boolean} isAddition */
function missing(inForce, languages, isAddition) {
  const before = (inForce?.texts ?? []).map((text) => text.language);
  const after = isAddition ? [...before, ...languages] : languages;
  const without = [...new Set([...LANGUAGES, ...before])].filter((language) => !after.includes(language));
  // As notice_in_force() looks it up.
  const instead = after.includes('en') ? 'en' : [...after].sort()[0];
  return without.map((language) => {
    const mark = element('span', 'mark', t('notices.publish-missing', { language: languageName(language), instead: languageName(instead) }));
    mark.dataset.mark = 'wait';
    return mark;
  });
}

/** @param {string[]} languages */
const names = (languages) => languages.map(languageName).join(', ');
