// Who is signed in.

import { deviceText } from '../shared/agent.js';
import { get, parameters, post } from '../shared/api.js';
import { byId, fill, nameButton, on, slot } from '../shared/dom.js';
import { List } from '../shared/list.js';
import { t } from '../shared/text.js';
import { timeNode } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { confirm } from './confirm.js';

/** @typedef {{id: string, user: {id: string, email: string, role: string}, created_at: string,
 *   last_seen_at: string, expires_at: string, agent: string | null, current: boolean}} Session */

const PAGE = 100;

/** @returns {import('./admin.js').Section} */
export function sessionsSection() {
  /** @type {List<Session>} */
  const list = new List(byId('sessions'), {
    read: async (cursor) => {
      const { data } = await get(`/sessions?${parameters({ limit: PAGE, cursor })}`);
      return { items: data.sessions, next: data.next };
    },
    key: (session) => session.id,
    row: 'session-row',
    draw: drawSession,
    empty: () => t('sessions.empty'),
  });
  on(list.body, 'click', (event) => {
    const session = list.find(event.target.closest('[data-act=end]')?.closest('[data-key]').dataset.key);
    if (session) askEnd(session, list);
  });
  const refresh = () => void list.refresh();
  return { open: refresh, refresh };
}

/** @param {Session} session @param {List<Session>} list */
function askEnd(session, list) {
  const { email } = session.user;
  confirm({
    title: t('sessions.end-title', { email }),
    text: [t('sessions.end-text')],
    action: t('sessions.end'),
    danger: true,
    run: async () => {
      await post(`/sessions/${session.id}/end`);
      list.remove(session);
      toast({ kind: 'success', text: t('sessions.ended', { email }) });
    },
  });
}

/** @param {HTMLElement} row @param {Session} session */
function drawSession(row, session) {
  fill(row, {
    email: session.user.email,
    role: t(`role.${session.user.role}`),
    device: deviceText(session.agent),
    since: timeNode(session.created_at),
    used: timeNode(session.last_seen_at),
    until: timeNode(session.expires_at),
  });
  slot(row, 'device').title = session.agent ?? '';
  slot(row, 'current').hidden = !session.current;
  slot(row, 'own').hidden = !session.current;
  slot(row, 'end').hidden = session.current;
  nameButton(slot(row, 'end'), t('sessions.end'), session.user.email);
}
