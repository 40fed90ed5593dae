// The dialog for the deadline of one kind of request.

import { get, put } from '../shared/api.js';
import { byId, element, fill, slot } from '../shared/dom.js';
import { periodText } from '../shared/due.js';
import { checkFields, clearProblems, submitForm } from '../shared/forms.js';
import { t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { changesBetween, unlessChanged } from './meanwhile.js';

/** @typedef {import('./deadlines.js').Deadline} Deadline */

const UNITS = ['calendar-days', 'working-days', 'months'];
const MOST = 366;

/** @param {Deadline} shown @param {(deadline: Deadline) => void} onChange called with what it is now, whoever has changed it */
export function askDeadline(shown, onChange) {
  const dialog = /** @type {HTMLDialogElement} */ (byId('deadline'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  let deadline = shown;
  fill(form, { title: t('deadlines.title', { kind: t(`right.${shown.kind}`) }) });
  for (const name of ['unit', 'extension_unit']) {
    input(name).replaceChildren(...UNITS.map((unit) => Object.assign(element('option', '', t(`deadlines.unit-${unit}`)), { value: unit })));
    input(name).value = shown[/** @type {'unit'} */ (name)];
  }
  for (const name of ['amount', 'extension_amount']) input(name).value = String(shown[/** @type {'amount'} */ (name)]);
  clearProblems(form);

  async function save() {
    const number = (/** @type {string} */ name) => Number(input(name).value);
    const check = (/** @type {string} */ name) => () => (Number.isInteger(number(name)) && number(name) >= 1 && number(name) <= MOST ? '' : t('deadlines.amount-wrong', { most: MOST }));
    checkFields({ amount: check('amount'), extension_amount: check('extension_amount') });
    const wanted = { amount: number('amount'), unit: input('unit').value, extension_amount: number('extension_amount'), extension_unit: input('extension_unit').value };
    take((await unlessChanged(() => put(`/deadlines/${deadline.kind}`, wanted, { match: deadline.version }), lookAgain)).data);
    toast({ kind: 'success', text: t('deadlines.saved') });
  }

  /** @param {Deadline} now */
  function take(now) {
    deadline = now;
    onChange(now);
  }

  async function lookAgain() {
    const before = deadline;
    const { data } = await get('/deadlines');
    take(data.deadlines.find((/** @type {Deadline} */ one) => one.kind === before.kind));
    return changesBetween({ period: t('deadlines.period'), extension: t('deadlines.extension') }, words(before), words(deadline));
  }

  form.onsubmit = async (event) => {
    event.preventDefault();
    if (await submitForm(form, save)) dialog.close();
  };
  slot(form, 'cancel').onclick = () => dialog.close();
  dialog.showModal();
}

/** @param {Deadline} deadline */
const words = ({ amount, unit, extension_amount, extension_unit }) => ({ period: periodText(amount, unit), extension: periodText(extension_amount, extension_unit) });
