// One's own account: its password, where one is signed in, and an end to it.

import { deviceText } from '../shared/agent.js';
import { ApiError, get, post } from '../shared/api.js';
import { byId, fill, nameButton, on, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { pageReady } from '../shared/ready.js';
import { openPage } from '../shared/page.js';
import { problemText } from '../shared/problems.js';
import { t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { nameForm } from './name.js';
import { passwordForm } from './password.js';

/** @typedef {{id: string, created_at: string, last_seen_at: string, expires_at: string, agent: string | null, current: boolean}} Session */

const me = await openPage('account');

/** @type {List<Session>} */
const list = new List(byId('sessions'), {
  read: async () => ({ items: (await get('/auth/sessions')).data.sessions, next: null }),
  key: (session) => session.id,
  row: 'session-row',
  draw,
  empty: () => t('account.empty'),
  onDraw: (sessions) => (byId('others').hidden = !sessions.some((session) => !session.current)),
});

/** @param {HTMLElement} row @param {Session} session */
function draw(row, { agent, created_at, last_seen_at, expires_at, current }) {
  fill(row, { device: deviceText(agent), since: timeNode(created_at), used: timeNode(last_seen_at), until: timeNode(expires_at) });
  slot(row, 'device').title = agent ?? '';
  slot(row, 'current').hidden = !current;
  nameButton(slot(row, 'end'), t(current ? 'signout' : 'account.end'), deviceText(agent));
}

/** Ends sessions, once at a time. @param {HTMLElement} button @param {string} path @param {string} text that says so */
async function end(button, path, text) {
  if (button.getAttribute('aria-disabled') === 'true') return;
  button.setAttribute('aria-disabled', 'true');
  try {
    await post(path).catch(ignoreMissing);
    await list.refresh();
    toast({ kind: 'success', text, own: true });
    byId('title').focus(); // the button is gone
  } catch (error) {
    toast({ kind: 'error', text: problemText(error) });
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

/** The session has ended already. @param {unknown} error */
function ignoreMissing(error) {
  if (!(error instanceof ApiError) || error.status !== 404) throw error;
}

on(list.body, 'click', (event) => {
  const button = event.target.closest('[data-slot=end]');
  const session = list.find(button?.closest('[data-key]').dataset.key);
  if (session?.current) byId('signout').click();
  else if (session) end(button, `/auth/sessions/${session.id}/end`, t('account.ended', { device: deviceText(session.agent) }));
});
on(byId('others'), 'click', () => end(byId('others'), '/auth/sessions/end-others', t('account.ended-others')));
on(document, 'visibilitychange', () => document.hidden || list.refresh());
list.refresh();
nameForm();
passwordForm(me.email, () => list.refresh());
pageReady();
