// The notices of one purpose: which version is in force, which ones were, and the draft that comes next.

import { get } from '../shared/api.js';
import { byId, clone, element, fill, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { languageName, t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';
import { draftForm } from './draft.js';

/** @typedef {{version: number, language: string, title: string, description: string, text: string, sha256: string,
 *   published_at: string | null, in_force: boolean, granted: number, tag: string, version_tag: string}} Notice */
/** granted: consents that stand under it. tag: of all its languages. drafts: languages that are to be added to a published version.
 * @typedef {{version: number, state: 'in-force' | 'superseded' | 'draft' | 'scheduled' | 'overtaken', since: string | null, granted: number, texts: Notice[],
 *   drafts: Notice[], tag: string}} Version */

const MARKS = { 'in-force': 'good', superseded: 'off', draft: 'wait', scheduled: 'wait', overtaken: 'off' };

/** @param {() => void} onPublish called after each publication
 * @returns {{open: (purpose: import('./purposes.js').Purpose | null) => void}} */
export function noticesOf(onPublish) {
  let key = '';
  /** @type {List<Version>} */
  const list = new List(byId('versions'), {
    read: async () => ({ items: versionsOf((await get(`/purposes/${key}/notices`)).data.notices), next: null }),
    key: (version) => `${key}/${version.version}`,
    row: 'version',
    draw: drawVersion,
    empty: () => t('notices.empty'),
    onDraw(versions) {
      drawGranted(versions);
      draft.draw(versions);
    },
  });
  const draft = draftForm(async (isPublished) => {
    await list.refresh();
    if (isPublished) onPublish();
  });
  return {
    open(purpose) {
      byId('notices').hidden = !purpose;
      if (!purpose) return;
      if (key !== purpose.key) {
        list.reset();
        drawGranted([]);
      }
      key = purpose.key;
      draft.open(purpose);
      list.refresh();
    },
  };
}

/** Notices by version, newest first. @param {Notice[]} notices @param {number} [now] @returns {Version[]} */
export function versionsOf(notices, now = Date.now()) {
  const inForce = notices.find((notice) => notice.in_force)?.version ?? 0;
  const numbers = [...new Set(notices.map((notice) => notice.version))].sort((a, b) => b - a);
  return numbers.map((version) => {
    const all = notices.filter((notice) => notice.version === version);
    const published = all.filter((notice) => notice.published_at);
    const since = published.map((notice) => notice.published_at).sort()[0] ?? null;
    const [texts, drafts] = since ? [published, all.filter((notice) => !notice.published_at)] : [all, []];
    const granted = published.reduce((sum, notice) => sum + notice.granted, 0);
    return { version, texts, drafts, since, granted, tag: all[0].version_tag, state: stateOf(version, inForce, since, now) };
  });
}

/** @param {number} version @param {number} inForce @param {string | null} since @param {number} now @returns {Version['state']} */
function stateOf(version, inForce, since, now) {
  if (version === inForce) return 'in-force';
  if (since === null) return version < inForce ? 'overtaken' : 'draft';
  return version > inForce && Date.parse(since) > now ? 'scheduled' : 'superseded';
}

/** A purpose that is renamed keeps its old title for those who have agreed. @param {Version[]} versions */
function drawGranted(versions) {
  const count = versions.reduce((sum, { granted }) => sum + granted, 0);
  byId('purpose-granted').textContent = count ? t('purposes.granted', { count }) : '';
}

/** @param {HTMLElement} row @param {Version} version */
function drawVersion(row, version) {
  slot(row, 'state').dataset.mark = MARKS[version.state];
  const since = element('span');
  if (version.since) since.append(`${t('notices.since')} `, timeNode(version.since));
  fill(row, {
    version: t('notices.version', { version: version.version }),
    state: t(`notices.is-${version.state}`),
    since,
    granted: version.since ? t('notices.granted', { count: version.granted }) : '',
    languages: version.texts.map((text) => languageName(text.language)).join(', '),
  });
  slot(row, 'texts').replaceChildren(...version.texts.map(drawText));
}

/** @param {Notice} notice */
function drawText(notice) {
  const { title, description, text, sha256 } = notice;
  const node = fill(clone('version-text'), { language: languageName(notice.language), title, description, text, sha256 });
  for (const name of ['title', 'description', 'text']) slot(node, name).lang = notice.language;
  return node;
}
