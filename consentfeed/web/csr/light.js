// The connection light, and of when the page is.

import { byId, on } from '../shared/dom.js';
import { prepareLight } from '../shared/light.js';
import { drawUpdated } from './state.js';

/** Keeps both right. @param {any} feed @param {import('./list.js').ConsentList} list */
export function prepareLights(feed, list) {
  let shownAt = 0;

  /** @param {any} state */
  function onDraw(state) {
    // While it catches up, bytes come, and the page is still behind.
    if (state.phase === 'live' || state.polling) shownAt = Math.max(shownAt, state.heardAt ?? 0);
    shownAt = Math.max(shownAt, list.loadedAt);
    drawUpdated(shownAt, state.phase !== 'live' && Date.now() - shownAt > 3000);
  }

  on(byId('light'), 'click', () => feed.retryNow());
  prepareLight(feed, { onDraw });
}
