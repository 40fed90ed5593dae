// The secret of a webhook, which is shown once.

import { announce } from '../shared/announce.js';
import { copyText } from '../shared/copy.js';
import { byId, fill, slot } from '../shared/dom.js';
import { t } from '../shared/text.js';

/** @param {string} name of the webhook @param {string} secret @param {string} consequence */
export function showSecret(name, secret, consequence) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('webhook-secret'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const input = /** @type {HTMLInputElement} */ (byId('webhook-secret-value'));
  input.value = secret;
  fill(form, { title: t('webhooks.secret-title', { name }), hint: t('webhooks.secret-once'), consequence });
  form.onsubmit = async (event) => {
    event.preventDefault();
    const done = await copyText(secret);
    input.select();
    const text = t(done ? 'webhooks.copied' : 'webhooks.selected');
    fill(form, { consequence: text });
    announce(text);
  };
  slot(form, 'cancel').onclick = () => dialog.close();
  // It is for nobody who opens this next.
  dialog.onclose = () => void (input.value = '');
  dialog.showModal();
  input.select();
}
