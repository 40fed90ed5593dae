// From where a webhook goes on.

import { post } from '../shared/api.js';
import { byId, fill, slot } from '../shared/dom.js';
import { FieldProblem, clearProblems, submitForm } from '../shared/forms.js';
import { ApiError } from '../shared/api.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';

const START = '0-00000000';

/** @param {import('./webhooks.js').Webhook} webhook @param {() => void} onDone */
export function askReplay({ name, place }, onDone) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('webhook-replay'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const after = /** @type {HTMLInputElement} */ (byId('webhook-replay-after'));
  const from = () => String(new FormData(form).get('from'));
  const draw = () => void (slot(form, 'event-field').hidden = from() !== 'event');
  form.reset();
  clearProblems(form);
  draw();
  fill(form, { title: t('webhooks.replay-title', { name }), place: t('webhooks.place', { place }) });
  form.onchange = draw;
  form.onsubmit = async (event) => {
    event.preventDefault();
    const body = { here: {}, start: { after: START }, event: { after: after.value.trim() } }[from()];
    if (!(await submitForm(form, () => replay(name, body)))) return;
    dialog.close();
    toast({ kind: 'success', text: t('webhooks.replayed', { name }) });
    onDone();
  };
  slot(form, 'cancel').onclick = () => dialog.close();
  dialog.showModal();
}

/** @param {string} name @param {{after?: string} | undefined} body */
async function replay(name, body) {
  if (body?.after === '') throw new FieldProblem('after', t('webhooks.no-event'));
  try {
    await post(`/webhooks/${name}/replay`, body);
  } catch (error) {
    if (error instanceof ApiError && error.code === 'place-lost') throw new FieldProblem('after', t('webhooks.lost-event'));
    throw error;
  }
}
