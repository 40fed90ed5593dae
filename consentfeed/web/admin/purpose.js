// The form of one purpose, new or there already.

import { put } from '../shared/api.js';
import { byId, clone, fill, on, slot } from '../shared/dom.js';
import { channelName, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { FieldProblem, clearProblems, guard, submitting } from './forms.js';

/** @typedef {import('./purposes.js').Purpose} Purpose */

const USUAL = ['sms', 'email', 'push', 'voice'];

/** @param {() => Purpose[]} all those that are known @param {(saved: Purpose, added: boolean) => void} done
 * @returns {{open: (purpose: Purpose | null) => void}} null: a new one */
export function purposeForm(all, done) {
  const form = /** @type {HTMLFormElement} */ (byId('purpose-form'));
  /** @type {Purpose | null | undefined} */
  let shown;
  let before = '';
  const changed = () => JSON.stringify(values(form)) !== before;

  /** @param {Purpose | null} purpose */
  const draw = (purpose) => {
    shown = purpose;
    clearProblems(form);
    byId('purpose-key-field').hidden = purpose !== null;
    slot(form, 'submit').textContent = t(purpose ? 'purposes.save' : 'purposes.add');
    set(form, purpose ?? { key: '', title: '', description: '', channels: [], default_validity_days: null, position: after(all()), offered: true });
    before = JSON.stringify(values(form));
  };
  on(form, 'submit', (event) => {
    event.preventDefault();
    submitting(form, async () => {
      const { key, ...offer } = checked(values(form), shown ? [] : all());
      const saved = (await put(`/purposes/${encodeURIComponent(shown?.key ?? key)}`, offer)).data;
      toast({ kind: 'success', text: t(shown ? 'purposes.saved' : 'purposes.added', { title: saved.title }) });
      const added = !shown;
      draw(saved);
      byId('purpose-title').textContent = saved.title;
      done(saved, added);
    });
  });
  guard(() => shown !== undefined && changed());
  return {
    open(purpose) {
      // Coming back to what one was changing finds it as it was left.
      if (shown === undefined || shown?.key !== purpose?.key || !changed()) draw(purpose);
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

/** The same, as the server wants it; throws FieldProblem. @param {ReturnType<typeof values>} told @param {Purpose[]} taken */
function checked(told, taken) {
  const days = told.default_validity_days === '' ? null : whole(told.default_validity_days, 'default_validity_days', 1, 36_500);
  if (!byId('purpose-key-field').hidden) {
    if (!/^[a-z][a-z0-9-]{0,62}$/.test(told.key)) throw new FieldProblem('key', t('purposes.bad-key'));
    if (taken.some((purpose) => purpose.key === told.key)) throw new FieldProblem('key', t('purposes.taken', { key: told.key }));
  }
  if (!told.title) throw new FieldProblem('title', t('purposes.no-title'));
  if (!told.channels.length) throw new FieldProblem('channels', t('purposes.no-channels'));
  if (!told.channels.every((channel) => /^[a-z][a-z0-9-]{0,31}$/.test(channel))) throw new FieldProblem('channels', t('purposes.bad-channels'));
  return { ...told, default_validity_days: days, position: whole(told.position, 'position', 0, 2 ** 31 - 1) };
}

/** @param {string} text @param {string} field @param {number} least @param {number} most */
function whole(text, field, least, most) {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new FieldProblem(field, t('purposes.bad-number', { least, most }));
}
