// What one is asked before a notice is published: what it supersedes or adds to, which languages it lacks, and that it is for ever.

import { post } from '../shared/api.js';
import { element } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { dateText } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { LANGUAGES } from './language.js';

/** @typedef {import('./notices.js').Version} Version */
/** languages: those that are published now; isAddition: to the version in force.
 * @typedef {{purpose: import('./purposes.js').Purpose, inForce: Version | null, version: number, languages: string[],
 *   isAddition: boolean}} Publication */

/** The question for confirm(). @param {Publication} publication @param {() => Promise<void>} onPublish */
export function publication({ purpose, inForce, version, languages, isAddition }, onPublish) {
  const { title } = purpose;
  return {
    title: t(isAddition ? 'notices.publish-add-title' : 'notices.publish-title', { version, title }),
    text: [
      effect(inForce, isAddition),
      t('notices.publish-languages', { languages: names(languages) }),
      ...missing(inForce, languages, isAddition),
      t('notices.publish-for-ever'),
    ],
    action: t(isAddition ? 'notices.publish-add' : 'notices.publish-do', { version }),
    run: async () => {
      await post(`/purposes/${purpose.key}/notices/${version}/publish`);
      toast({ kind: 'success', text: t('notices.published', { version, title }) });
      await onPublish();
    },
  };
}

/** @param {Version | null} inForce @param {boolean} isAddition */
function effect(inForce, isAddition) {
  if (!inForce) return t('notices.publish-first');
  const now = { version: inForce.version, since: dateText(inForce.since ?? '') };
  return t(isAddition ? 'notices.publish-adds' : 'notices.publish-supersedes', now);
}

/** A warning of each language that the pages or the version in force have, and this one will not.
 * @param {Version | null} inForce @param {string[]} languages @param {boolean} isAddition */
function missing(inForce, languages, isAddition) {
  const before = (inForce?.texts ?? []).map((text) => text.language);
  const after = isAddition ? [...before, ...languages] : languages;
  const without = [...new Set([...LANGUAGES, ...before])].filter((language) => !after.includes(language));
  if (!without.length) return [];
  const mark = element('span', 'mark', t('notices.publish-missing', { languages: names(without) }));
  mark.dataset.mark = 'wait';
  return [mark];
}

/** @param {string[]} languages */
const names = (languages) => languages.map(languageName).join(', ');
