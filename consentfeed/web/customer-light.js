// The connection light of the consent centre: silent while all is well.

import { byId, on } from './dom.js';
import { drawLight, lightWords } from './light.js';
import { t } from './text.js';

const PATIENCE = 3000;

/** Whether it should speak: not for the first seconds of a connection. @param {{phase: string, since: number}} state @param {number} now */
export function speaks({ phase, since }, now) {
  return phase === 'offline' || (phase !== 'live' && phase !== 'signed-out' && now - since > PATIENCE);
}

/** Keeps it right. @param {any} feed @param {() => void} signedOut */
export function prepareLight(feed, signedOut) {
  let told = false;

  function draw() {
    const { state } = feed;
    const speaking = speaks(state, Date.now());
    drawLight(byId('light'), state);
    byId('strip').hidden = !speaking;
    if (speaking !== told) say(state, speaking);
    if (state.phase === 'signed-out') signedOut();
  }

  /** Said once per change: a reader of the screen must not hear a countdown. @param {any} state @param {boolean} speaking */
  function say(state, speaking) {
    told = speaking;
    byId('said').textContent = speaking ? lightWords({ ...state, nextTryAt: null }, Date.now()) : t('customer.back');
  }

  on(byId('retry'), 'click', () => feed.retryNow());
  on(feed, 'state', draw);
  setInterval(draw, 1000);
  draw();
}
