// The admin page: its sections are tabs, each a module with open() when it is shown and close() when it is not any more.

import { connectFeed } from '../feed/feed.js';
import { userHeader } from '../shared/api.js';
import { byId, on } from '../shared/dom.js';
import { prepareLight } from '../shared/light.js';
import { openPage } from '../shared/page.js';
import { t } from '../shared/text.js';
import { openLog } from './log.js';
import { nodesSection } from './nodes.js';
import { purposesSection } from './purposes.js';
import { sessionsSection } from './sessions.js';
import { openTabs } from './tabs.js';
import { trailSection } from './trail.js';
import { usersSection } from './users.js';

/** @typedef {{open?: (rest: string) => void, close?: () => void}} Section */

const me = await openPage('admin', () => feed.signOut());
const feed = connectFeed({ url: '/api/v1/events?kind=all', name: me.id, headers: userHeader(me.id), pollSeconds: 30 });
prepareLight(feed);

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

let current = '';
openTabs(byId('tabs'), (name, rest) => {
  if (current && current !== name) sections[current].close?.();
  current = name;
  document.title = `${t(`admin.${name}`)} · consentfeed`;
  sections[name].open?.(rest);
});

// The hash is for tabs: a plain link to #main would choose one.
on(byId('skip'), 'click', (event) => {
  event.preventDefault();
  byId('main').focus();
});
