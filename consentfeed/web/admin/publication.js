// What one is asked before a notice is published: what it supersedes, and that it is for ever.

import { post } from '../shared/api.js';
import { element } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { dateText } from '../shared/time.js';
import { toast } from '../shared/toasts.js';

/** @typedef {import('./notices.js').Version} Version */
/** languages: those that the new version has.
 * @typedef {{purpose: import('./purposes.js').Purpose, inForce: Version | null, version: number, languages: string[]}} Publication */

/** The question for confirm(). @param {Publication} publication @param {() => Promise<void>} onPublish */
export function publication({ purpose, inForce, version, languages }, onPublish) {
  const { title } = purpose;
  return {
    title: t('notices.publish-title', { version, title }),
    text: [
      inForce ? supersedes(inForce) : t('notices.publish-first'),
      t('notices.publish-languages', { languages: names(languages) }),
      ...missing(inForce, languages),
      t('notices.publish-for-ever'),
    ],
    action: t('notices.publish-do', { version }),
    run: async () => {
      await post(`/purposes/${purpose.key}/notices/${version}/publish`);
      toast({ kind: 'success', text: t('notices.published', { version, title }) });
      await onPublish();
    },
  };
}

/** @param {Version} inForce */
const supersedes = (inForce) => t('notices.publish-supersedes', { version: inForce.version, since: dateText(inForce.since ?? '') });

/** A warning where a language would be lost. @param {Version | null} inForce @param {string[]} languages */
function missing(inForce, languages) {
  const without = (inForce?.texts ?? []).map((text) => text.language).filter((language) => !languages.includes(language));
  if (!without.length) return [];
  const mark = element('span', 'mark', t('notices.publish-missing', { languages: names(without) }));
  mark.dataset.mark = 'wait';
  return [mark];
}

/** @param {string[]} languages */
const names = (languages) => languages.map(languageName).join(', ');
