// Coming back after the connection was lost.

import { on } from './dom.js';

/** Calls it each time the feed is live again: what is not in the feed may have changed meanwhile.
 * @param {EventTarget & {state: {phase: string}}} feed @param {() => void} call */
export function whenBack(feed, call) {
  let { phase } = feed.state;
  let wasLive = phase === 'live';
  on(feed, 'state', () => {
    const isBack = feed.state.phase === 'live' && phase !== 'live' && wasLive;
    wasLive ||= feed.state.phase === 'live';
    ({ phase } = feed.state);
    if (isBack) call();
  });
}
