// The connection light of the consent centre: silent while all is well.

import { byId, on } from '../shared/dom.js';
import { prepareLight, stateText } from '../shared/light.js';
import { t } from '../shared/text.js';

const PATIENCE = 3000;

/** Whether it should speak: not for the first seconds of a connection. @param {{phase: string, since: number}} state @param {number} now */
export function speaks({ phase, since }, now) {
  return phase === 'offline' || (phase !== 'live' && phase !== 'signed-out' && now - since > PATIENCE);
}

/** Keeps it right. @param {any} feed */
export function prepareStrip(feed) {
  const isLoud = (/** @type {any} */ state) => speaks(state, Date.now());
  on(byId('retry'), 'click', () => feed.retryNow());
  prepareLight(feed, {
    keyOf: isLoud,
    onDraw: (state) => (byId('strip').hidden = !isLoud(state)),
    textOf: (state) => (isLoud(state) ? stateText(state) : t('customer.back')),
    region: byId('region'),
  });
}
