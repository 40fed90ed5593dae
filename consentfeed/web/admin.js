// The admin page: its sections are tabs, each a module with open() when it is shown and close() when it is not any more.

import { openLog } from './admin-log.js';
import { nodesSection } from './admin-nodes.js';
import { purposesSection } from './admin-purposes.js';
import { sessionsSection } from './admin-sessions.js';
import { openTabs } from './admin-tabs.js';
import { trailSection } from './admin-trail.js';
import { usersSection } from './admin-users.js';
import { personHeader } from './api.js';
import { byId, on } from './dom.js';
import { connectFeed } from './feed/feed.js';
import { prepareLight } from './light.js';
import { leave, openPage } from './page.js';
import { t } from './text.js';

/** @typedef {{open?: (rest: string) => void, close?: () => void}} Section */

const me = await openPage('admin', () => feed.signOut());
const feed = connectFeed({ url: '/api/v1/events', name: me.id, headers: personHeader(me.id), pollSeconds: 30 });
prepareLight(feed, { signedOut: leave });

/** @type {Record<string, Section>} */
const sections = {
  overview: nodesSection(),
  users: usersSection(me.id),
  purposes: purposesSection(),
  log: {},
  trail: trailSection(),
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
