// The customers that a search finds.

import { parameters } from '../shared/api.js';
import { Rows } from './rows.js';

/** consents: counted by the server; unknown where the search was done here.
 * @typedef {import('./list.js').Customer & {consents?: {granted: number, total: number, decided_at: string | null}}} Found */

const PAGE = 100;

/** @extends {Rows<Found>} */
export class FoundCustomers extends Rows {
  q = '';
  #known;

  /** @param {(id: string | null) => void} onChange @param {() => import('./list.js').Customer[]} known those that the page knows anyway */
  constructor(onChange, known) {
    super('customers', onChange);
    this.#known = known;
  }

  /** Whether it was looked among those that the page knows, because nobody answered. */
  get isLocal() {
    return this.problem?.status === 0;
  }

  /** @param {string} q */
  search(q) {
    this.q = q;
    return this.read(`/customers?${parameters({ q, limit: PAGE })}`);
  }

  /** Without a connection it is looked among what is loaded. @override @param {any} error @param {boolean} same */
  fail(error, same) {
    if (error.status === 0) {
      const rows = this.#known().filter((customer) => fits(customer, this.q));
      this.start(rows, { next: null, about: rows.length });
      same = true;
    }
    super.fail(error, same);
  }

  /** Takes a customer as they are called now. @param {Found} customer */
  rename(customer) {
    const index = this.indexOf(customer.id);
    if (index < 0) return;
    this.rows[index] = { ...this.rows[index], ...customer };
    this.onChange(customer.id);
  }
}

/** About as the server would: beginnings of words, of the address, and digits of the number.
 * @param {import('./list.js').Customer} customer @param {string} q */
function fits({ id, name, email, msisdn }, q) {
  const words = fold(q).split(/\s+/);
  const digits = q.replace(/\D/g, '').replace(/^0/, '');
  const own = fold(name ?? '').split(/[\s'’-]+/);
  return (
    words.every((word) => own.some((one) => one.startsWith(word))) ||
    fold(email ?? '').startsWith(fold(q)) ||
    (digits.length >= 4 && Boolean(msisdn?.includes(digits))) ||
    id === q.toLowerCase()
  );
}

/** @param {string} text */
const fold = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
