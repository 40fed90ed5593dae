// Short messages at the edge of the page, newest first: three at most, then "and 4 more"; they wait while somebody looks at them.

import { announce } from './announce.js';
import { element, on } from './dom.js';
import { preference } from './preferences.js';
import { t } from './text.js';

const MAX_OPEN = 3;
const ICONS = { success: '✓', warning: '!', error: '✕', info: 'i' };
// How long those that found no room are counted.
const HIDDEN_MS = 10_000;

/** own: about what the person has just done; such a toast, or an error, makes room for no other kind.
 * @typedef {{kind: 'success' | 'warning' | 'error' | 'info', text: string, detail?: string | Node, seconds?: number,
 *   own?: boolean, action?: {text: string, run: () => void}}} Toast */

/** lasting: own, or an error. @type {{node: HTMLElement, left: number, lasting: boolean}[]} */
let open = [];
let hidden = 0;
let hiddenAt = 0;
/** @type {HTMLElement | null} */
let region = null;
/** Where the others can be seen. @type {(() => void) | null} */
let onMore = null;
const more = element('div', 'toast-more');

/** What a press on "and 4 more" opens. @param {() => void} open */
export function whenMore(open) {
  onMore = open;
}

/** Shows a message; screen readers hear an error at once, all others when they pause. @param {Toast} toast */
export function toast(toast) {
  region ??= makeRegion();
  const lasting = Boolean(toast.own) || toast.kind === 'error';
  const isFull = open.length >= MAX_OPEN;
  // Those that come one upon the other are for the eye alone: nobody could listen to them.
  if (!isFull || lasting) say(toast);
  if (isFull) [hidden, hiddenAt] = [hidden + 1, Date.now()];
  if (!isFull || makeRoom(lasting)) {
    const node = draw(toast);
    open.push({ node, left: 1000 * (toast.seconds ?? preference('toastSeconds', 5)), lasting });
    region.prepend(node);
  }
  showMore();
}

/** @param {Toast} toast */
function say({ text, detail, kind }) {
  announce(typeof detail === 'string' ? `${text} ${detail}` : text, kind === 'error' ? 'assertive' : 'polite');
}

/** Takes the oldest away, but not what is looked at; whether there is room. @param {boolean} lasting whether it is for such a toast */
function makeRoom(lasting) {
  if (!lasting && isLookedAt()) return false;
  const oldest = open.find((entry) => !entry.lasting) ?? (lasting ? open[0] : null);
  if (oldest) close(oldest.node);
  return Boolean(oldest);
}

const isLookedAt = () => Boolean(region?.matches(':hover') || region?.contains(document.activeElement));

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
  if (document.hidden || isLookedAt()) return;
  if (hidden && Date.now() - hiddenAt > HIDDEN_MS) hidden = 0;
  showMore();
  for (const entry of [...open]) {
    entry.left -= 250;
    if (entry.left <= 0) close(entry.node);
  }
}

function showMore() {
  if (!hidden) return more.remove();
  const text = t('toast.more', { count: hidden });
  if (more.textContent !== text) more.replaceChildren(onMore ? moreButton(text) : text);
  if (!more.isConnected) region?.append(more);
}

/** @param {string} text */
function moreButton(text) {
  const button = element('button', 'link', text);
  button.setAttribute('type', 'button');
  on(button, 'click', () => (clearToasts(), onMore?.()));
  return button;
}
