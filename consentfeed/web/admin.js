// The admin page: its sections are tabs, each a module with open() when it is shown and close() when it is not any more.

import { watchFeed } from './admin-light.js';
import { openLog } from './admin-log.js';
import { nodesSection } from './admin-nodes.js';
import { purposesSection } from './admin-purposes.js';
import { sessionsSection } from './admin-sessions.js';
import { openTabs } from './admin-tabs.js';
import { usersSection } from './admin-users.js';
import { byId, on } from './dom.js';
import { leave, openPage } from './page.js';
import { t } from './text.js';

/** @typedef {{open: (rest: string) => void, close?: () => void}} Section */

/** @type {import('./feed/feed.js').Feed | null} */
let feed = null;
const [me, paths] = await Promise.all([openPage('admin', () => feed?.signOut()), offered()]);
feed = watchFeed(me.id, leave);

/** @type {Record<string, Section>} */
const sections = {
  overview: nodesSection(),
  users: usersSection(me.id),
  purposes: purposesSection(),
  log: { open() {} },
  sessions: sessionsSection(),
  access: { open() {} },
};
openLog();
byId('tab-access').hidden = !('/api/v1/access' in paths);

let shown = '';
openTabs(byId('tabs'), (name, rest) => {
  if (shown && shown !== name) sections[shown].close?.();
  shown = name;
  document.title = `${t(`admin.${name}`)} · consentfeed`;
  sections[name].open(rest);
});

// The hash is for tabs: a plain link to #main would choose one.
on(byId('skip'), 'click', (event) => {
  event.preventDefault();
  byId('main').focus();
});

/** What the service offers, by path: not each version has an access trail. @returns {Promise<Record<string, unknown>>} */
async function offered() {
  return fetch('/openapi.json').then(async (answer) => (await answer.json()).paths).catch(() => ({}));
}
