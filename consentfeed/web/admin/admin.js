// The admin page: its sections are tabs, each a module with open() when it is shown and close() when it is not any more.

import { connectFeed } from '../feed/feed.js';
import { userHeader } from '../shared/api.js';
import { byId, on } from '../shared/dom.js';
import { prepareLight } from '../shared/light.js';
import { pageReady } from '../shared/ready.js';
import { openPage } from '../shared/page.js';
import { whenBackOrSeen } from '../shared/reconnect.js';
import { t } from '../shared/text.js';
import { checkpointsSection } from './checkpoints.js';
import { deadlinesSection } from './deadlines.js';
import { erasureSection } from './erasure.js';
import { holidaysSection } from './holidays.js';
import { importsSection } from './imports.js';
import { openLog } from './log.js';
import { nodesSection } from './nodes.js';
import { purposesSection } from './purposes.js';
import { sessionsSection } from './sessions.js';
import { statisticsSection } from './statistics.js';
import { openTabs } from './tabs.js';
import { trailSection } from './trail.js';
import { usersSection } from './users.js';
import { webhooksSection } from './webhooks.js';

/** refresh reads what is shown again. @typedef {{open?: (rest: string) => void, close?: () => void, refresh?: () => void}} Section */

const me = await openPage(['admin', 'rights', 'deadlines'], () => feed.signOut());
const feed = connectFeed({ url: '/api/v1/events?kind=all', name: me.id, headers: userHeader(me.id), pollSeconds: 30 });
prepareLight(feed);

/** @type {Record<string, Section>} */
const sections = {
  overview: together(nodesSection(), statisticsSection()),
  users: usersSection(me.id),
  purposes: purposesSection(),
  log: {},
  trail: trailSection(),
  sessions: sessionsSection(),
  webhooks: webhooksSection(),
  imports: importsSection(),
  deadlines: deadlinesSection(),
  holidays: holidaysSection(),
  checkpoints: checkpointsSection(),
  erasure: erasureSection(),
};
openLog();
prepareFold();

/** What a phone has no room for in the bar. */
function prepareFold() {
  const [button, part] = [byId('show-account'), byId('bar-account')];
  on(button, 'click', () => {
    const open = part.dataset.open !== 'true';
    part.dataset.open = String(open);
    button.setAttribute('aria-expanded', String(open));
  });
}

/** Two parts of one section. @param {Section[]} parts @returns {Section} */
function together(...parts) {
  const call = (/** @type {keyof Section} */ name) => () => parts.forEach((part) => part[name]?.(''));
  return { open: call('open'), close: call('close'), refresh: call('refresh') };
}

let current = '';
openTabs(byId('tabs'), (name, rest) => {
  if (current && current !== name) sections[current].close?.();
  current = name;
  document.title = `${t(`admin.${name}`)} · consentfeed`;
  sections[name].open?.(rest);
});

// What others change meanwhile is not all in the feed, and of a page that nobody has looked at it is old.
whenBackOrSeen(feed, () => sections[current].refresh?.());
follow();

function follow() {
  feed.subscribe(null, {
    event: ({ event }) => void (event === 'notice-published' && current === 'purposes' && sections.purposes.refresh?.()),
    reset: follow,
  });
}

// The hash is for tabs: a plain link to #main would choose one.
on(byId('skip'), 'click', (event) => {
  event.preventDefault();
  byId('main').focus();
});
pageReady();
