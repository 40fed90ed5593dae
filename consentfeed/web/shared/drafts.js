// What somebody has typed and not sent yet.

import { on } from './dom.js';

/** @type {Set<HTMLInputElement>} */
const fields = new Set();
/** @type {(() => boolean)[]} */
const checks = [];

/** Notes what is typed from now on; once per page. */
export function watchDrafts() {
  on(document, 'input', ({ target }) => 'value' in target && fields.add(target));
}

/** A form that knows by itself whether something in it is not saved. @param {() => boolean} isUnsaved */
export function addDraft(isUnsaved) {
  checks.push(isUnsaved);
}

/** Whether anything would be lost with the page. */
export function hasDraft() {
  return [...fields].some((field) => field.isConnected && field.value !== '' && field.checkVisibility()) || checks.some((check) => check());
}
