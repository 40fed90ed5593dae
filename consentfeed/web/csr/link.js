// The link to a card, for a colleague who is to go on with this customer.

import { copyText } from '../shared/copy.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { cardLink } from './address.js';

/** Copies it; where that does not work, it is shown. @param {string} customer */
export async function copyLink(customer) {
  const link = cardLink(customer);
  if (await copyText(link)) toast({ kind: 'success', text: t('csr.copied'), own: true });
  else toast({ kind: 'error', text: t('csr.copy-failed'), detail: link });
}
