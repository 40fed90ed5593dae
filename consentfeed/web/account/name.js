// The form by which one says whose account it is; where the name comes from elsewhere, it is shown alone.

import { ApiError, get, put } from '../shared/api.js';
import { byId, on, slot } from '../shared/dom.js';
import { addDraft } from '../shared/drafts.js';
import { submitForm } from '../shared/forms.js';
import { partFailed, partRead } from '../shared/parts.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';

const RETRY_SECONDS = 5;

export function nameForm() {
  const form = /** @type {HTMLFormElement} */ (byId('name'));
  const field = /** @type {HTMLInputElement} */ (byId('name-field'));
  addDraft(() => !form.hidden && field.value !== field.defaultValue);
  on(form, 'submit', async (event) => {
    event.preventDefault();
    const saved = await submitForm(form, async () => draw((await put('/auth/name', { name: field.value.trim() || null })).data));
    if (saved) toast({ kind: 'success', text: t('account.name-saved'), own: true });
  });
  read();

  async function read() {
    try {
      draw((await get('/auth/account')).data);
      partRead(form);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      partFailed(form, read);
      setTimeout(read, 1000 * (error.retryAfter ?? RETRY_SECONDS));
    }
  }

  /** @param {{name: string | null, has_own_name: boolean}} account */
  function draw({ name, has_own_name: isOwn }) {
    form.hidden = !isOwn;
    field.value = field.defaultValue = name ?? '';
    slot(byId('name-part'), 'known').textContent = isOwn ? '' : name;
    byId('name-part').hidden = !isOwn && !name;
  }
}
