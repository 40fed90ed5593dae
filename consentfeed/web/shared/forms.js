// Forms that ask the server: what was refused is said beside the fields that caused it, and nothing typed is lost.

import { ApiError } from './api.js';
import { on, slot } from './dom.js';
import { addDraft } from './drafts.js';
import { problemText } from './problems.js';
import { isLeaving } from './session.js';

/** A problem that the page itself finds, in the reader's words. */
export class PageProblem extends Error {}

/** One of a field, which is the name of an input. */
export class FieldProblem extends PageProblem {
  /** @param {string} field @param {string} text */
  constructor(field, text) {
    super(text);
    this.field = field;
  }
}

/** All that the page finds wrong at once. */
export class FieldProblems extends Error {
  /** @param {FieldProblem[]} all */
  constructor(all) {
    super(all.map(({ message }) => message).join(' '));
    this.all = all;
  }
}

/** Throws FieldProblems of all fields whose check says what is wrong. @param {Record<string, () => string>} checks by field; '': nothing */
export function checkFields(checks) {
  const all = Object.entries(checks).map(([field, check]) => new FieldProblem(field, check())).filter(({ message }) => message);
  if (all.length) throw new FieldProblems(all);
}

// The fields that problems of these types are about; others say it in their detail.
const FIELDS_OF = /** @type {Record<string, string>} */ ({ taken: 'email', 'wrong-old-password': 'old' });

/** What went wrong: what the server says, or the words of a problem that the page has found itself.
 * @param {unknown} error @returns {string} */
export const explain = (error) => (error instanceof PageProblem || error instanceof FieldProblems ? error.message : problemText(error));

/** Runs what a form's submit button does, once at a time; a refusal is shown where it belongs.
 * @param {HTMLFormElement} form @param {() => Promise<void>} run @returns {Promise<boolean>} whether it went well */
export async function submitForm(form, run) {
  const button = slot(form, 'submit');
  if (button.getAttribute('aria-disabled') === 'true') return false;
  clearProblems(form);
  // Not "disabled": the button would lose the focus.
  button.setAttribute('aria-disabled', 'true');
  try {
    await run();
    return true;
  } catch (error) {
    showProblems(form, error);
    return false;
  } finally {
    button.removeAttribute('aria-disabled');
  }
}

/** @param {HTMLFormElement} form */
export function clearProblems(form) {
  for (const node of form.querySelectorAll('.problem')) node.textContent = '';
  for (const input of form.querySelectorAll('[aria-invalid]')) input.removeAttribute('aria-invalid');
}

/** The first of the wrong fields gets the focus. @param {HTMLFormElement} form @param {unknown} error */
function showProblems(form, error) {
  const all = error instanceof FieldProblems ? error.all : fieldProblems(error);
  const inputs = all.map((one) => showProblem(form, one));
  inputs.find((input) => input)?.focus();
}

/** Where the server names several members, each beside its field. @param {unknown} error @returns {unknown[]} */
function fieldProblems(error) {
  if (!(error instanceof ApiError) || error.errors.length < 2) return [error];
  return error.errors.map(({ pointer, detail }) => new FieldProblem(pointer.split('/')[1] ?? '', detail));
}

/** @param {HTMLFormElement} form @param {unknown} error @returns {HTMLElement | null} the field that caused it */
function showProblem(form, error) {
  const input = form.querySelector(`[name="${CSS.escape(fieldOf(error))}"]`);
  const target = input?.closest('.field')?.querySelector('.problem') ?? slot(form, 'problem');
  target.textContent = explain(error);
  if (!(input instanceof HTMLElement)) return null;
  input.setAttribute('aria-invalid', 'true');
  return input;
}

/** The name of the field that caused it, or ''. @param {unknown} error */
export function fieldOf(error) {
  if (error instanceof FieldProblem) return error.field;
  if (!(error instanceof ApiError)) return '';
  return FIELDS_OF[error.code] ?? /at `\$\.(\w+)/.exec(error.detail)?.[1] ?? '';
}

/** The browser asks before the page is left, where something would be lost. @param {() => boolean} isUnsaved */
export function askBeforeLeaving(isUnsaved) {
  addDraft(isUnsaved);
  // Where another person has signed in, nothing of this one's stays.
  on(window, 'beforeunload', (event) => isUnsaved() && !isLeaving() && event.preventDefault());
}
