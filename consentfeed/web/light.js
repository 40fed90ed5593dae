// The connection light: words first; the colour repeats what they say.

import { t } from './text.js';
import { minuteText } from './time.js';

const COLOURS = { live: 'green', connecting: 'yellow', 'catching-up': 'yellow', offline: 'red', 'signed-out': 'red' };

/** Draws a state of the feed; call it on each change, and every second for the countdown.
 * @param {HTMLElement} node @param {any} state @param {number} [now] */
export function drawLight(node, state, now = Date.now()) {
  node.dataset.light = COLOURS[/** @type {keyof typeof COLOURS} */ (state.phase)];
  node.dataset.phase = state.phase;
  const words = lightWords(state, now);
  const target = node.querySelector('[data-slot="words"]') ?? node;
  if (target.textContent !== words) target.textContent = words;
}

/** "Live · 0.2 s behind", "Offline since 10:14 · next try in 8 s · showing 10:14". @param {any} state @param {number} now */
export function lightWords(state, now) {
  switch (state.phase) {
    case 'live':
      return state.delay === null ? t('light.live') : t('light.live-delay', { seconds: state.delay.toFixed(1) });
    case 'catching-up':
      return state.behind ? t('light.behind', { count: state.behind }) : t('light.catching-up');
    case 'signed-out':
      return t('light.signed-out');
    case 'offline':
      return [t('light.offline', { time: minuteText(state.since) }), nextTry(state, now), showing(state)].filter(Boolean).join(' · ');
    default:
      return [t('light.connecting'), state.attempt > 1 ? t('light.attempt', { count: state.attempt }) : ''].filter(Boolean).join(' · ');
  }
}

/** @param {any} state @param {number} now */
function nextTry(state, now) {
  if (state.nextTryAt === null) return t('light.trying');
  return t('light.next-try', { seconds: Math.max(0, Math.ceil((state.nextTryAt - now) / 1000)) });
}

/** @param {any} state */
const showing = (state) => (state.heardAt ? t('light.showing', { time: minuteText(state.heardAt) }) : '');
