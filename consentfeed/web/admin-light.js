// The connection light: how the feed does, as seen from here.

import { byId, on } from './dom.js';
import { personHeader } from './api.js';
import { connectFeed } from './feed/feed.js';
import { drawLight, lightWords } from './light.js';

/** @param {string} name whose feed @param {() => void} signedOut in another tab, perhaps */
export function watchFeed(name, signedOut) {
  const feed = connectFeed({ url: '/api/v1/events', name, headers: personHeader(name), pollSeconds: 30 });
  let phase = feed.state.phase;
  const draw = () => {
    const { state } = feed;
    drawLight(byId('light'), state);
    if (state.phase === phase) return;
    phase = state.phase;
    // Told once per change: the seconds that follow are for the eye.
    byId('light-said').textContent = lightWords({ ...state, delay: null, behind: null }, Date.now());
    if (phase === 'signed-out') signedOut();
  };
  on(feed, 'state', draw);
  setInterval(draw, 1000);
  draw();
  return feed;
}
