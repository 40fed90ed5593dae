// Short messages at the edge of the page: three at most, then "and 4 more"; they wait while somebody looks at them.

import { announce } from './announce.js';
import { element, on } from './dom.js';
import { preference } from './preferences.js';
import { t } from './text.js';

const MAX_OPEN = 3;
const ICONS = { success: '✓', warning: '!', error: '✕', info: 'i' };
// How long those that found no room are counted.
const HIDDEN_MS = 10_000;

/** own: about what the person has just done; such a toast or an error takes the place of the oldest.
 * @typedef {{kind: 'success' | 'warning' | 'error' | 'info', text: string, detail?: string | Node, seconds?: number,
 *   own?: boolean, action?: {text: string, run: () => void}}} Toast */

/** @type {{node: HTMLElement, left: number}[]} */
let open = [];
let hidden = 0;
let hiddenAt = 0;
/** @type {HTMLElement | null} */
let region = null;
const more = element('div', 'toast-more');

/** Shows a message; screen readers hear an error at once, all others when they pause. @param {Toast} toast */
export function toast(toast) {
  region ??= makeRegion();
  if (open.length >= MAX_OPEN && (toast.own || toast.kind === 'error')) close(open[0].node);
  if (open.length >= MAX_OPEN) {
    hidden += 1;
    hiddenAt = Date.now();
  } else {
    const { text, detail } = toast;
    announce(typeof detail === 'string' ? `${text} ${detail}` : text, toast.kind === 'error' ? 'assertive' : 'polite');
    const node = draw(toast);
    open.push({ node, left: 1000 * (toast.seconds ?? preference('toastSeconds', 5)) });
    region.prepend(node);
  }
  showMore();
}

/** Closes all of them. */
export function clearToasts() {
  for (const entry of [...open]) close(entry.node);
}

function makeRegion() {
  const area = element('div', 'toasts');
  area.setAttribute('role', 'region');
  area.setAttribute('aria-label', t('toast.region'));
  area.tabIndex = -1;
  on(document, 'keydown', (event) => {
    if (event.key === 'Escape' && area.contains(document.activeElement)) clearToasts();
  });
  document.body.append(area);
  setInterval(age, 250);
  return area;
}

/** @param {Toast} toast */
function draw(toast) {
  const node = element('div', 'toast');
  node.dataset.kind = toast.kind;
  const icon = element('span', 'toast-icon', ICONS[toast.kind]);
  icon.setAttribute('aria-hidden', 'true');
  const body = element('div', 'toast-body');
  body.append(element('p', 'toast-text', toast.text));
  if (toast.detail) {
    const detail = element('p', 'toast-detail');
    detail.append(toast.detail);
    body.append(detail);
  }
  if (toast.action) {
    const { text, run } = toast.action;
    const act = element('button', 'link', text);
    on(act, 'click', () => (close(node), run()));
    body.append(act);
  }
  const shut = element('button', 'icon-button', '×');
  shut.setAttribute('aria-label', t('toast.dismiss'));
  on(shut, 'click', () => close(node));
  node.append(icon, body, shut);
  return node;
}

/** @param {HTMLElement} node */
function close(node) {
  const within = node.contains(document.activeElement);
  open = open.filter((entry) => entry.node !== node);
  node.remove();
  if (!open.length) hidden = 0;
  if (within) (open.at(-1)?.node.querySelector('button') ?? region)?.focus();
  showMore();
}

function age() {
  if (document.hidden || region?.matches(':hover') || region?.contains(document.activeElement)) return;
  if (hidden && Date.now() - hiddenAt > HIDDEN_MS) hidden = 0;
  showMore();
  for (const entry of [...open]) {
    entry.left -= 250;
    if (entry.left <= 0) close(entry.node);
  }
}

function showMore() {
  more.textContent = hidden ? t('toast.more', { count: hidden }) : '';
  if (hidden) region?.append(more);
  else more.remove();
}
