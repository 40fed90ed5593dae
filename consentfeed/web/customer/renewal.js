// Renewing a consent before it ends: the same answer again, which counts from today.

import { on, slot } from '../shared/dom.js';
import { decide } from './decision.js';

/** @typedef {import('./consents.js').Consent} Consent */

/** Renews it under the text that is shown. @param {Consent} consent @param {{version: number, language: string}} notice */
export const renew = ({ id, version }, notice) => decide(id, true, notice, { version, renew: true });

/** The button of one switch, named by both. @param {HTMLElement} node of the switch @param {string} titleId @param {() => Promise<void>} run */
export function renewButton(node, titleId, run) {
  const button = /** @type {HTMLButtonElement} */ (slot(node, 'renew'));
  button.id = `renew-${slot(node, 'switch').id}`;
  button.setAttribute('aria-labelledby', `${button.id} ${titleId} ${slot(node, 'channel').id}`);
  on(button, 'click', async () => {
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    await run();
    button.setAttribute('aria-busy', 'false');
    // It is gone where the consent is renewed: who goes by keyboard goes on at the switch.
    if (button.hidden && document.activeElement === document.body) slot(node, 'switch').focus();
  });
  return button;
}
