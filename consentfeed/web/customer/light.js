// The connection light of the consent centre: silent while all is well.

import { byId, on } from '../shared/dom.js';
import { prepareLight, wordsOf } from '../shared/light.js';
import { t } from '../shared/text.js';

const PATIENCE = 3000;

/** Whether it should speak: not for the first seconds of a connection. @param {{phase: string, since: number}} state @param {number} now */
export function speaks({ phase, since }, now) {
  return phase === 'offline' || (phase !== 'live' && phase !== 'signed-out' && now - since > PATIENCE);
}

/** Keeps it right. @param {any} feed @param {() => void} signedOut */
export function prepareStrip(feed, signedOut) {
  const about = (/** @type {any} */ state) => speaks(state, Date.now());
  on(byId('retry'), 'click', () => feed.retryNow());
  prepareLight(feed, {
    signedOut,
    about,
    drawn: (state) => (byId('strip').hidden = !about(state)),
    words: (state) => (about(state) ? wordsOf(state) : t('customer.back')),
    said: byId('said'),
  });
}
