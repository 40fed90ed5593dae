// The part of an address after "#", which the server never sees: kept over a sign-in that leads elsewhere and back.

const KEY = 'consentfeed.fragment';

/** Keeps it for the next page of this tab. */
export function keepFragment() {
  if (location.hash) sessionStorage.setItem(KEY, location.hash);
  else sessionStorage.removeItem(KEY);
}

/** Puts it back where it was kept, once; a link that was followed since has its own. */
export function restoreFragment() {
  const kept = sessionStorage.getItem(KEY);
  sessionStorage.removeItem(KEY);
  if (kept && !location.hash) history.replaceState(history.state, '', kept);
}
