// Erasing a customer, for good: who, why, and the name typed once more.

import { get, post } from '../shared/api.js';
import { byId, on } from '../shared/dom.js';
import { FieldProblem, checkFields, submitForm } from '../shared/forms.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { confirm } from './confirm.js';
import { findCustomers } from './customers.js';
import { Picker } from './picker.js';

/** @typedef {{id: string, name: string | null, email: string | null, msisdn: string | null, erased_at: string | null}} Customer */

/** @returns {import('./admin.js').Section} */
export function erasureSection() {
  const form = /** @type {HTMLFormElement} */ (byId('erasure'));
  const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  const picker = new Picker('erasure-customer', findCustomers, () => {});
  on(form, 'submit', (event) => {
    event.preventDefault();
    submitForm(form, async () => {
      checkFields({
        customer: () => (picker.value ? '' : t('erasure.no-customer')),
        code: () => (input('code').value ? '' : t('erasure.no-code')),
      });
      /** @type {Customer} */
      const customer = (await get(`/customers/${picker.value}`)).data;
      if (customer.erased_at) throw new FieldProblem('customer', t('erasure.erased-before'));
      if (fold(input('name').value) !== fold(nameOf(customer))) throw new FieldProblem('name', t('erasure.other-name'));
      ask(customer);
    });
  });

  /** @param {Customer} customer */
  function ask(customer) {
    const reason = { code: input('code').value, reference: input('reference').value.trim() || null };
    confirm({
      title: t('erasure.title', { name: nameOf(customer) }),
      text: [t('erasure.goes'), t('erasure.stays'), t('erasure.for-good')],
      action: t('erasure.do'),
      danger: true,
      run: async () => {
        await post(`/customers/${customer.id}/erase`, { reason });
        toast({ kind: 'success', text: t('erasure.done') });
        // Nothing of the person stays on the page either.
        form.reset();
        picker.clear();
      },
    });
  }
  return {};
}

/** What has to be typed: what the customer is found by. @param {Customer} customer */
const nameOf = ({ id, name, email, msisdn }) => name ?? email ?? msisdn ?? id;

/** Blanks and case are no other name. @param {string} text */
const fold = (text) => text.normalize('NFC').trim().replaceAll(/\s+/g, ' ').toLowerCase();
