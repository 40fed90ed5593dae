// Webhooks: systems that are sent events, and how they fare.

import { announce } from '../shared/announce.js';
import { get, post, remove } from '../shared/api.js';
import { now } from '../shared/clock.js';
import { byId, fill, nameButton, on, slot } from '../shared/dom.js';
import { explain } from '../shared/forms.js';
import { List } from '../shared/list.js';
import { hasText, t } from '../shared/text.js';
import { count, timeNode } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { confirm } from './confirm.js';
import { askReplay } from './webhook-replay.js';
import { showSecret } from './webhook-secret.js';
import { askWebhook } from './webhook.js';

/** @typedef {{code: string, detail: string | null, at: string}} WebhookError */
/** @typedef {{name: string, url: string, kinds: string[], purposes: string[], channels: string[], types: string[], batch: number,
 *   personal_data: boolean, state: 'active' | 'failing' | 'disabled', place: string, behind: number, tries: number,
 *   failing_since: string | null, next_try_at: string | null, last_error: WebhookError | null, delivered_at: string | null,
 *   disabled_at: string | null, old_secret_until: string | null, tag: string}} Webhook */

const REFRESH_MS = 5000;
const SOON_MS = 60_000;
const ACTS = ['test', 'change', 'replay', 'rotate', 'remove'];

/** @returns {import('./admin.js').Section} */
export function webhooksSection() {
  /** @type {List<Webhook>} */
  const list = new List(byId('webhooks'), {
    read: async () => ({ items: (await get('/webhooks')).data.webhooks, next: null }),
    key: (webhook) => webhook.name,
    row: 'webhook-row',
    draw: drawWebhook,
    empty: () => t('webhooks.empty'),
  });
  let timer = 0;
  const refresh = () => void (document.hidden || list.refresh());
  const acts = {
    test: sendTest,
    change: (/** @type {Webhook} */ webhook) => askWebhook(webhook, refresh),
    replay: (/** @type {Webhook} */ webhook) => askReplay(webhook, refresh),
    rotate: (/** @type {Webhook} */ webhook) => askRotate(webhook, refresh),
    remove: (/** @type {Webhook} */ webhook) => askRemove(webhook, list),
  };
  on(byId('webhooks-add'), 'click', () => askWebhook(null, refresh));
  on(list.body, 'click', (event) => {
    const webhook = list.find(event.target.closest('[data-key]')?.dataset.key);
    const act = event.target.closest('[data-act]')?.dataset.act;
    if (webhook && act) acts[/** @type {keyof typeof acts} */ (act)](webhook);
  });
  return {
    open() {
      refresh();
      clearInterval(timer);
      timer = window.setInterval(refresh, REFRESH_MS);
    },
    close: () => clearInterval(timer),
    refresh,
  };
}

/** The server waits for the receiver. @param {Webhook} webhook */
async function sendTest({ name }) {
  announce(t('webhooks.testing', { name }));
  try {
    const { delivered, error } = (await post(`/webhooks/${name}/test`, undefined, { patient: true })).data;
    if (delivered) toast({ kind: 'success', text: t('webhooks.tested', { name }) });
    else toast({ kind: 'error', text: t('webhooks.test-failed', { name, why: errorText(error) }) });
  } catch (error) {
    toast({ kind: 'error', text: explain(error) });
  }
}

/** @param {Webhook} webhook @param {() => void} onDone */
function askRotate({ name }, onDone) {
  confirm({
    title: t('webhooks.rotate-title', { name }),
    text: [t('webhooks.rotate-text')],
    action: t('webhooks.rotate'),
    run: async () => {
      const { secret } = (await post(`/webhooks/${name}/rotate`)).data;
      onDone();
      showSecret(name, secret, t('webhooks.secret-both'));
    },
  });
}

/** @param {Webhook} webhook @param {List<Webhook>} list */
function askRemove(webhook, list) {
  const { name } = webhook;
  confirm({
    title: t('webhooks.remove-title', { name }),
    text: [t('webhooks.remove-text')],
    action: t('webhooks.remove'),
    danger: true,
    run: async () => {
      await remove(`/webhooks/${name}`);
      list.remove(webhook);
      toast({ kind: 'success', text: t('webhooks.removed', { name }) });
    },
  });
}

/** @param {HTMLElement} row @param {Webhook} webhook */
function drawWebhook(row, webhook) {
  const { name, state, last_error: error } = webhook;
  row.classList.toggle('off', state === 'disabled');
  slot(row, 'state').dataset.mark = { active: 'good', failing: 'wait', disabled: 'bad' }[state];
  const since = { active: webhook.delivered_at, failing: webhook.failing_since, disabled: webhook.disabled_at }[state];
  fill(row, {
    name,
    url: webhook.url,
    state: t(`webhooks.is-${state}`),
    since: since && sinceNode(state, since),
    behind: count(webhook.behind),
    error: error ? errorText(error) : t('webhooks.no-error'),
    'error-at': error ? timeNode(error.at) : null,
    next: nextText(webhook),
  });
  for (const act of ACTS) nameButton(slot(row, act), t(`webhooks.${act}`), name);
}

/** @param {string} state @param {string} at */
function sinceNode(state, at) {
  const node = document.createElement('span');
  node.append(`${t(state === 'active' ? 'webhooks.delivered' : 'webhooks.since')} `, timeNode(at));
  return node;
}

/** @param {Webhook} webhook @returns {string | Node} */
function nextText({ state, next_try_at: next }) {
  if (state === 'disabled') return t('webhooks.never');
  if (!next) return t('webhooks.at-once');
  return Date.parse(next) - now() < SOON_MS ? t('webhooks.soon') : timeNode(next);
}

/** @param {WebhookError} error */
export const errorText = ({ code, detail }) => t(hasText(`webhooks.error-${code}`) ? `webhooks.error-${code}` : 'webhooks.error-other', { detail: detail ?? code });
