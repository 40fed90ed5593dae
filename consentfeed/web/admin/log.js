// Whether the log is whole: the chain is computed anew by the server.

import { post } from '../shared/api.js';
import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { t } from '../shared/text.js';
import { count, timeNode } from '../shared/time.js';
import { toast } from '../shared/toasts.js';
import { submitForm } from '../shared/forms.js';

/** @typedef {{whole: boolean, head: string, position: number | null, problem: string | null, events: number}} Verification */

/** Makes the button work; a verification goes on while another tab is looked at. */
export function openLog() {
  const form = /** @type {HTMLFormElement} */ (byId('log'));
  on(form, 'submit', (event) => {
    event.preventDefault();
    submitForm(form, verify);
  });
}

async function verify() {
  const stop = showProgress();
  byId('log-result').replaceChildren(element('span', 'visually-hidden', t('log.running')));
  try {
    byId('log-result').replaceChildren(result((await post('/verify', undefined, { patient: true })).data));
  } catch (error) {
    byId('log-result').replaceChildren();
    throw error;
  } finally {
    stop();
  }
}

/** How long it has been at it: how much is left, nobody knows. @returns {() => void} */
function showProgress() {
  const began = Date.now();
  const elapsed = byId('log-elapsed');
  const draw = () => (elapsed.textContent = t('log.elapsed', { seconds: Math.floor((Date.now() - began) / 1000) }));
  const timer = setInterval(draw, 1000);
  byId('log-progress').hidden = false;
  draw();
  return () => {
    clearInterval(timer);
    byId('log-progress').hidden = true;
    elapsed.textContent = '';
  };
}

/** @param {Verification} verification */
function result(verification) {
  const box = fill(clone('verified'), {
    mark: t(verification.whole ? 'log.is-whole' : 'log.is-broken'),
    words: verification.whole ? t('log.whole', { count: verification.events }) : t('log.broken', { position: count(verification.position ?? 0) }),
  });
  slot(box, 'mark').dataset.mark = verification.whole ? 'good' : 'bad';
  /** @type {[string, string | Node][]} */
  const facts = [
    ['head', copyable(verification.head)],
    ['events', count(verification.events)],
    ['at', timeNode(new Date().toISOString())],
  ];
  if (!verification.whole) facts.unshift(['position', count(verification.position ?? 0)], ['problem', verification.problem ?? '']);
  slot(box, 'facts').replaceChildren(...facts.map(([name, value]) => fill(clone('fact'), { name: t(`log.${name}`), value })));
  return box;
}

/** An id with a button that copies it; where that is not allowed, it is selected. @param {string} id */
function copyable(id) {
  const line = element('span', 'row');
  const code = element('code', 'mono', id);
  const button = /** @type {HTMLButtonElement} */ (element('button', 'button', t('log.copy')));
  button.type = 'button';
  on(button, 'click', async () => {
    try {
      await navigator.clipboard.writeText(id);
      toast({ kind: 'success', text: t('log.copied') });
    } catch {
      getSelection()?.selectAllChildren(code);
      toast({ kind: 'info', text: t('log.selected') });
    }
  });
  line.append(code, button);
  return line;
}
