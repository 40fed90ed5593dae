// What narrow screens fold away: the activity list, the account, the filters.

import { byId, on } from '../shared/dom.js';
import { settle } from './panels.js';

const activity = byId('activity');
const account = byId('account');

/** Makes their buttons work. */
export function prepareSides() {
  on(byId('show-activity'), 'click', openActivity);
  on(byId('close-activity'), 'click', () => closeSides());
  on(byId('show-account'), 'click', () => setAccount(account.dataset.open !== 'true'));
  on(byId('show-filters'), 'click', () => {
    const open = byId('filters').dataset.open !== 'true';
    byId('filters').dataset.open = String(open);
    byId('show-filters').setAttribute('aria-expanded', String(open));
  });
  on(document, 'click', (event) => event.target.closest('#account, #show-account') || setAccount(false));
}

/** Shows the activity: on narrow screens over the page, else over a card. */
export function openActivity() {
  setActivity(true);
  byId('activity-title').focus();
}

/** Folds away what is open, and puts the keyboard back; whether there was anything. */
export function closeSides() {
  for (const [part, set, button] of /** @type {const} */ ([[activity, setActivity, 'show-activity'], [account, setAccount, 'show-account']])) {
    if (part.dataset.open !== 'true') continue;
    set(false);
    byId(button).focus();
    return true;
  }
  return false;
}

/** @param {boolean} open */
function setActivity(open) {
  activity.dataset.open = String(open);
  byId('show-activity').setAttribute('aria-expanded', String(open));
  settle();
}

/** @param {boolean} open */
function setAccount(open) {
  account.dataset.open = String(open);
  byId('show-account').setAttribute('aria-expanded', String(open));
}
