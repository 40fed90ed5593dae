// Finding a customer, to pick one.

import { get } from '../shared/api.js';

const MAX_CHOICES = '8';

/** For a Picker. @param {string} q @returns {Promise<import('./picker.js').Choice[]>} */
export async function findCustomers(q) {
  /** @type {{id: string, name: string | null, email: string | null, msisdn: string | null}[]} */
  const customers = (await get(`/customers?${new URLSearchParams({ q, limit: MAX_CHOICES })}`)).data.customers;
  return customers.map(({ id, name, email, msisdn }) => ({ id, text: name ?? email ?? msisdn ?? id, detail: name ? (msisdn ?? email) : null }));
}
