// What may be old: after the connection was lost, and on a page that nobody has looked at.

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

/** The same, and each time somebody comes back to the page.
 * @param {EventTarget & {state: {phase: string}}} feed @param {() => void} call */
export function whenBackOrSeen(feed, call) {
  whenBack(feed, call);
  on(document, 'visibilitychange', () => document.hidden || call());
}
