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

/** @typedef {{open?: (rest: string) => void, close?: () => void}} Section */

/** @type {import('./feed/feed.js').Feed | null} */
let feed = null;
const me = await openPage('admin', () => feed?.signOut());
feed = watchFeed(me.id, leave);

/** @type {Record<string, Section>} */
const sections = {
  overview: nodesSection(),
  users: usersSection(me.id),
  purposes: purposesSection(),
  log: {},
  sessions: sessionsSection(),
};
openLog();

let shown = '';
openTabs(byId('tabs'), (name, rest) => {
  if (shown && shown !== name) sections[shown].close?.();
  shown = name;
  document.title = `${t(`admin.${name}`)} · consentfeed`;
  sections[name].open?.(rest);
});

// The hash is for tabs: a plain link to #main would choose one.
on(byId('skip'), 'click', (event) => {
  event.preventDefault();
  byId('main').focus();
});
