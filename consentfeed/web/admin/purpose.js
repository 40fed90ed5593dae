// The form of one purpose, new or there already.

import { put } from '../shared/api.js';
import { byId, clone, fill, on, slot } from '../shared/dom.js';
import { channelName, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { FieldProblem, askBeforeLeaving, clearProblems, submitForm } from './forms.js';

/** @typedef {import('./purposes.js').Purpose} Purpose */

const USUAL = ['sms', 'email', 'push', 'voice'];

/** @param {() => Purpose[]} all of them @param {(purpose: Purpose, isNew: boolean) => void} onSave
 * @returns {{open: (purpose: Purpose | null) => void}} null: a new one */
export function purposeForm(all, onSave) {
  const form = /** @type {HTMLFormElement} */ (byId('purpose-form'));
  /** @type {Purpose | null | undefined} */
  let current;
  let before = '';
  const isChanged = () => JSON.stringify(values(form)) !== before;

  /** @param {Purpose | null} purpose */
  const draw = (purpose) => {
    current = purpose;
    clearProblems(form);
    byId('purpose-key-field').hidden = purpose !== null;
    slot(form, 'submit').textContent = t(purpose ? 'purposes.save' : 'purposes.add');
    set(form, purpose ?? { key: '', title: '', description: '', channels: [], default_validity_days: null, position: after(all()), offered: true });
    before = JSON.stringify(values(form));
  };
  on(form, 'submit', (event) => {
    event.preventDefault();
    submitForm(form, async () => {
      const { key, ...offer } = validate(values(form), current ? [] : all());
      const purpose = (await put(`/purposes/${encodeURIComponent(current?.key ?? key)}`, offer)).data;
      toast({ kind: 'success', text: t(current ? 'purposes.saved' : 'purposes.added', { title: purpose.title }) });
      const isNew = !current;
      draw(purpose);
      byId('purpose-title').textContent = purpose.title;
      onSave(purpose, isNew);
    });
  });
  askBeforeLeaving(() => current !== undefined && isChanged());
  return {
    open(purpose) {
      // Coming back to what one was changing finds it as it was left.
      if (current === undefined || current?.key !== purpose?.key || !isChanged()) draw(purpose);
    },
  };
}

/** @param {Purpose[]} purposes */
const after = (purposes) => Math.max(0, ...purposes.map((purpose) => purpose.position)) + 10;

/** @param {HTMLFormElement} form @param {Omit<Purpose, 'notice_version' | 'languages'>} purpose */
function set(form, purpose) {
  const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  input('key').value = purpose.key;
  input('title').value = purpose.title;
  input('description').value = purpose.description;
  input('default_validity_days').value = String(purpose.default_validity_days ?? '');
  input('position').value = String(purpose.position);
  input('offered').checked = purpose.offered;
  input('channels').value = '';
  const channels = [...new Set([...USUAL, ...purpose.channels])];
  byId('purpose-channels').replaceChildren(...channels.map((channel) => channelChoice(channel, purpose.channels.includes(channel))));
}

/** What is offered stays so: people have answered on it. @param {string} channel @param {boolean} there */
function channelChoice(channel, there) {
  const choice = fill(clone('channel-choice'), { name: channelName(channel) });
  const input = /** @type {HTMLInputElement} */ (choice.querySelector('input'));
  input.value = channel;
  input.checked = there;
  input.disabled = there;
  return choice;
}

/** What the form says, as it stands. @param {HTMLFormElement} form */
function values(form) {
  const text = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value.trim();
  const boxes = /** @type {NodeListOf<HTMLInputElement>} */ (form.querySelectorAll('[name=channel]:checked'));
  return {
    key: text('key'),
    title: text('title'),
    description: text('description'),
    channels: [...new Set([...[...boxes].map((box) => box.value), ...text('channels').split(/[\s,]+/).filter(Boolean)])],
    default_validity_days: text('default_validity_days'),
    position: text('position'),
    offered: /** @type {HTMLInputElement} */ (form.elements.namedItem('offered')).checked,
  };
}

/** The same, as the server wants it; throws FieldProblem. @param {ReturnType<typeof values>} input @param {Purpose[]} others */
function validate(input, others) {
  const days = input.default_validity_days === '' ? null : whole(input.default_validity_days, 'default_validity_days', 1, 36_500);
  if (!byId('purpose-key-field').hidden) {
    if (!/^[a-z][a-z0-9-]{0,62}$/.test(input.key)) throw new FieldProblem('key', t('purposes.bad-key'));
    if (others.some((purpose) => purpose.key === input.key)) throw new FieldProblem('key', t('purposes.taken', { key: input.key }));
  }
  if (!input.title) throw new FieldProblem('title', t('purposes.no-title'));
  if (!input.channels.length) throw new FieldProblem('channels', t('purposes.no-channels'));
  if (!input.channels.every((channel) => /^[a-z][a-z0-9-]{0,31}$/.test(channel))) throw new FieldProblem('channels', t('purposes.bad-channels'));
  return { ...input, default_validity_days: days, position: whole(input.position, 'position', 0, 2 ** 31 - 1) };
}

/** @param {string} text @param {string} field @param {number} least @param {number} most */
function whole(text, field, least, most) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new FieldProblem(field, t('purposes.bad-number', { least, most }));
}
