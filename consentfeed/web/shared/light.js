// The connection light: words first; the colour repeats what they say.

import { byId, on } from './dom.js';
import { isWaiting, isWhole, readAgain } from './parts.js';
import { sessionEnd } from './session.js';
import { t } from './text.js';
import { minuteText } from './time.js';

const COLOURS = { live: 'green', connecting: 'yellow', 'catching-up': 'yellow', offline: 'red', 'signed-out': 'red' };

const AGAIN_MS = 10_000;
// Seconds behind that nobody needs to be told.
const SOON = 0.5;
// Of the time in which a sign of life should have come: beyond it there is doubt.
const DOUBT = 1.3;

/** onDraw: at each drawing. Whenever what keyOf gives changes, the region, a live one, gets the text that textOf gives.
 * @typedef {{onDraw?: (state: any) => void, keyOf?: (state: any) => unknown,
 *   textOf?: (state: any) => string, region?: HTMLElement}} LightOptions */

/** Keeps the light of the page right. Readers of the screen hear each change once: the seconds that follow are for the eye.
 * @param {any} feed @param {LightOptions} [options] */
export function prepareLight(feed, { onDraw, keyOf = phaseOf, textOf = stateText, region = byId('light-region') } = {}) {
  let key = keyOf(feed.state);
  let { phase } = feed.state;
  let readAt = 0;

  function draw() {
    const { state } = feed;
    const isNew = state.phase !== phase;
    phase = state.phase;
    drawLight(byId('light'), state);
    onDraw?.(state);
    if (keyOf(state) !== key) region.textContent = textOf(state);
    key = keyOf(state);
    if (isNew && phase === 'signed-out') sessionEnd().then(() => feed.resume());
    if (phase === 'live' && (isNew || Date.now() - readAt > AGAIN_MS)) {
      readAt = Date.now();
      readAgain();
    }
  }

  setInterval(draw, 1000);
  on(feed, 'state', draw);
  draw();
}

/** @param {any} state */
const phaseOf = (state) => `${state.phase} ${doubtOf(state, Date.now())}`;

/** A state without its numbers. @param {any} state */
export const stateText = (state) => lightText({ ...state, delay: null, behind: null }, Date.now());

/** @param {HTMLElement} node @param {any} state @param {number} [now] */
function drawLight(node, state, now = Date.now()) {
  const colour = COLOURS[/** @type {keyof typeof COLOURS} */ (state.phase)];
  node.dataset.light = colour === 'green' && doubtOf(state, now) ? 'yellow' : colour;
  node.dataset.phase = state.phase;
  const text = lightText(state, now);
  const target = node.querySelector('[data-slot="words"]') ?? node;
  if (target.textContent !== text) target.textContent = text;
}

/** "Live · 0.2 s behind", "Offline since 10:14 · next try in 8 s · showing 10:14". @param {any} state @param {number} now */
function lightText(state, now) {
  switch (state.phase) {
    case 'live':
      return liveText(state, now);
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
function liveText(state, now) {
  const doubt = doubtOf(state, now);
  if (doubt) return t(`light.${doubt}`, { seconds: Math.floor((now - state.heardAt) / 1000) });
  return (state.delay ?? 0) < SOON ? t('light.live') : t('light.live-delay', { seconds: state.delay.toFixed(1) });
}

/** Why what is shown may not be all there is; '' where nothing speaks for it. @param {any} state @param {number} now */
function doubtOf({ phase, heartbeat, heardAt }, now) {
  if (phase !== 'live') return '';
  const seconds = (now - heardAt) / 1000;
  if (heartbeat && seconds > Math.max(2, DOUBT * heartbeat)) return 'silent';
  if (isWaiting()) return 'waiting';
  return isWhole() ? '' : 'partly';
}

/** @param {any} state @param {number} now */
function nextTry(state, now) {
  if (state.nextTryAt === null) return t('light.trying');
  return t('light.next-try', { seconds: Math.max(0, Math.ceil((state.nextTryAt - now) / 1000)) });
}

/** @param {any} state */
const showing = (state) => (state.heardAt ? t('light.showing', { time: minuteText(state.heardAt) }) : '');
