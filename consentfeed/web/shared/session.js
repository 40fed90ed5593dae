// The end of a session. Where something typed would be lost, one signs in again in place and goes on; else the page is left.

import { ApiError, get } from './api.js';
import { hasDraft } from './drafts.js';
import { on } from './dom.js';
import { openSessionBox } from './session-box.js';

let user = { id: '', email: '' };
/** @type {Promise<void> | null} */
let end = null;
let leaving = false;

/** Whose page it is. @param {{id: string, email: string}} me */
export function setSession(me) {
  user = me;
}

/** Whether the page is on its way out: nothing on it is worth asking about. */
export const isLeaving = () => leaving;

/** Says so; or that it stays after all. @param {boolean} value */
export function setLeaving(value) {
  leaving = value;
}

/** To the sign-in page: nothing is left to be seen, or to go back to. @param {string} [fragment] that it leads back to
 * @returns {Promise<never>} */
export function leave(fragment = '') {
  if (!leaving) {
    leaving = true;
    document.body.hidden = true;
    location.replace(`/${fragment}`);
  }
  return new Promise(() => {});
}

/** Kept when the same person is signed in again. */
export function sessionEnd() {
  end ??= goOn().finally(() => (end = null));
  return end;
}

async function goOn() {
  if (leaving) return leave();
  const { id, why } = await whoIsThere();
  if (user.id && id === user.id) return;
  // What one person has typed, or was looking at, is no other's.
  if (id) return leave();
  if (!user.id || !hasDraft()) return leave(location.hash);
  await askToSignIn(why);
}

/** The id of whoever is signed in now; '' where nobody is, and why the session has ended. @returns {Promise<{id: string, why: string}>} */
const whoIsThere = () =>
  get('/auth/me', { anybody: true }).then(
    ({ data }) => ({ id: data.user.id, why: '' }),
    (error) => ({ id: '', why: error instanceof ApiError ? error.reason : '' }),
  );

/** @param {string} why the session has ended; '': nobody knows @returns {Promise<void>} */
function askToSignIn(why) {
  const controller = new AbortController();
  const { signal } = controller;
  return new Promise((resolve) => {
    /** @param {string} id of who has signed in */
    const take = (id) => {
      if (!id || signal.aborted) return;
      if (id !== user.id) return void leave();
      controller.abort();
      closeBox();
      resolve();
    };
    const closeBox = openSessionBox(user.email, why, { onSignIn: take, onLeave: () => leave() });
    // By single sign-on, or in another tab.
    const look = () => document.hidden || whoIsThere().then(({ id }) => take(id));
    on(window, 'focus', look, { signal });
    on(document, 'visibilitychange', look, { signal });
  });
}
