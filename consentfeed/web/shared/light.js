// The connection light: words first; the colour repeats what they say.

import { byId, on } from './dom.js';
import { t } from './text.js';
import { minuteText } from './time.js';

const COLOURS = { live: 'green', connecting: 'yellow', 'catching-up': 'yellow', offline: 'red', 'signed-out': 'red' };

/** onDraw: at each drawing. Whenever what keyOf gives changes, the region, a live one, gets the text that textOf gives.
 * @typedef {{onSignedOut: () => void, onDraw?: (state: any) => void, keyOf?: (state: any) => unknown,
 *   textOf?: (state: any) => string, region?: HTMLElement}} LightOptions */

/** Keeps the light of the page right. Readers of the screen hear each change once: the seconds that follow are for the eye.
 * @param {any} feed @param {LightOptions} options */
export function prepareLight(feed, { onSignedOut, onDraw, keyOf = phaseOf, textOf = stateText, region = byId('light-region') }) {
  let key = keyOf(feed.state);

  function draw() {
    const { state } = feed;
    drawLight(byId('light'), state);
    onDraw?.(state);
    if (keyOf(state) !== key) region.textContent = textOf(state);
    key = keyOf(state);
    if (state.phase !== 'signed-out') return;
    clearInterval(timer);
    onSignedOut();
  }

  const timer = setInterval(draw, 1000);
  on(feed, 'state', draw);
  draw();
}

/** @param {{phase: string}} state */
const phaseOf = ({ phase }) => phase;

/** A state without its numbers. @param {any} state */
export const stateText = (state) => lightText({ ...state, delay: null, behind: null }, Date.now());

/** @param {HTMLElement} node @param {any} state @param {number} [now] */
function drawLight(node, state, now = Date.now()) {
  node.dataset.light = COLOURS[/** @type {keyof typeof COLOURS} */ (state.phase)];
  node.dataset.phase = state.phase;
  const text = lightText(state, now);
  const target = node.querySelector('[data-slot="words"]') ?? node;
  if (target.textContent !== text) target.textContent = text;
}

/** "Live · 0.2 s behind", "Offline since 10:14 · next try in 8 s · showing 10:14". @param {any} state @param {number} now */
function lightText(state, now) {
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
