// What every page of somebody who is signed in begins with.

import { prepareAnnouncements } from './announce.js';
import { ApiError, get, post, setUser, whenSignedOut } from './api.js';
import { byId, element, on } from './dom.js';
import { watchDrafts } from './drafts.js';
import { restoreFragment } from './fragment.js';
import { showOperator } from './operator.js';
import { loadPreferences } from './preferences.js';
import { problemText } from './problems.js';
import { sessionEnd, setLeaving, setSession } from './session.js';
import { keepLanguage, language, languages, loadTexts, t, translate } from './text.js';
import { tick } from './time.js';
import { toast } from './toasts.js';

/** @typedef {{id: string, email: string, role: string}} User */

/** Texts, choices and who is signed in; leaves for the sign-in page where nobody is. @param {string | string[]} names of its texts
 * @param {() => void} [beforeLeaving] called when the person signs out here @returns {Promise<User>} */
export async function openPage(names, beforeLeaving = () => {}) {
  restoreFragment();
  prepareAnnouncements();
  watchDrafts();
  whenSignedOut(sessionEnd);
  await loadTexts(...[names].flat());
  translate(document);
  if (document.querySelector('[data-operator]')) showOperator();
  const me = await get('/auth/me').catch(waitForServer);
  setUser(me.data.user.id);
  setSession(me.data.user);
  await loadPreferences().catch(waitForServer);
  tick();
  drawLanguageChoice();
  on(byId('signout'), 'click', () => signOut(beforeLeaving));
  byId('user').textContent = me.data.user.email;
  return me.data.user;
}

/** @param {() => void} beforeLeaving */
async function signOut(beforeLeaving) {
  setLeaving(true); // the stream ends too, and its news must not lead elsewhere
  try {
    const { data } = await post('/auth/logout');
    beforeLeaving();
    location.replace(data?.location ?? '/'); // to the identity provider, where it signed in: or the next one would be signed in by it
  } catch (error) {
    setLeaving(false);
    toast({ kind: 'error', text: t('error.still-here'), detail: problemText(error) });
  }
}

/** Says that there is no answer, and begins again until there is one. @param {unknown} error @returns {Promise<never>} */
function waitForServer(error) {
  if (!(error instanceof ApiError)) throw error;
  // A click that nobody hears would leave somebody signed in who thinks otherwise.
  /** @type {HTMLButtonElement} */ (byId('signout')).disabled = true;
  const state = element('div', 'state');
  state.setAttribute('role', 'alert');
  const again = element('button', 'button', t('error.again'));
  on(again, 'click', () => location.reload());
  document.querySelector('main')?.replaceChildren(state);
  // It is there before it says anything, or not everybody would hear it.
  setTimeout(() => state.append(element('p', '', problemText(error)), again), 100);
  setTimeout(() => location.reload(), 1000 * (error.retryAfter ?? 10));
  return new Promise(() => {});
}

function drawLanguageChoice() {
  const select = /** @type {HTMLSelectElement | null} */ (document.getElementById('language'));
  if (!select) return;
  for (const [code, text] of Object.entries(languages)) {
    const option = /** @type {HTMLOptionElement} */ (element('option', '', text));
    option.value = code;
    option.lang = code;
    option.selected = code === language();
    select.append(option);
  }
  on(select, 'change', () => (keepLanguage(select.value), location.reload()));
}
