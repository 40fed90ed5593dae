// The connection light, and of when the page is.

import { byId, on } from './dom.js';
import { drawLight, lightWords } from './light.js';
import { drawUpdated } from './csr-filters.js';

/** Keeps both right. @param {any} feed @param {import('./csr-list.js').ConsentList} list @param {() => void} signedOut */
export function prepareLight(feed, list, signedOut) {
  let shownAt = 0;
  let phase = '';

  function draw() {
    const { state } = feed;
    drawLight(byId('light'), state);
    // While it catches up, bytes come, and the page is still behind.
    if (state.phase === 'live' || state.polling) shownAt = Math.max(shownAt, state.heardAt ?? 0);
    shownAt = Math.max(shownAt, list.loadedAt);
    drawUpdated(shownAt, state.phase !== 'live' && Date.now() - shownAt > 3000);
    if (state.phase !== phase) say(state);
  }

  /** Told once per change: a reader of the screen must not hear every second. @param {any} state */
  function say(state) {
    if (phase || state.phase === 'offline') byId('light-said').textContent = lightWords({ ...state, delay: null, behind: null }, Date.now());
    phase = state.phase;
    if (phase === 'signed-out') signedOut();
  }

  on(byId('light'), 'click', () => feed.retryNow());
  on(feed, 'state', draw);
  setInterval(draw, 1000);
  draw();
}
