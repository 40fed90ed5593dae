// The form of one purpose, new or there already.

import { get, put } from '../shared/api.js';
import { byId, clone, fill, on, slot } from '../shared/dom.js';
import { channelName, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { changesBetween, unlessChanged } from './meanwhile.js';
import { FieldProblem, PageProblem, askBeforeLeaving, checkFields, clearProblems, submitForm } from '../shared/forms.js';

/** @typedef {import('./purposes.js').Purpose} Purpose */
/** @typedef {{key: string, title: string, description: string, channels: string[], default_validity_days: string, position: string,
 *   offered: boolean}} Values */

const USUAL = ['sms', 'email', 'push', 'voice'];

/** @param {() => Purpose[]} all of them @param {(purpose: Purpose, isNew: boolean) => void} onSave
 * @param {(purpose: Purpose) => void} onRead called with what somebody else has changed
 * @returns {{open: (purpose: Purpose | null) => void}} null: a new one */
export function purposeForm(all, onSave, onRead) {
  const form = /** @type {HTMLFormElement} */ (byId('purpose-form'));
  /** @type {Purpose | null | undefined} */
  let current;
  /** What the form said when it was drawn. @type {Values} */
  let shown = values(form);
  const isChanged = () => Object.keys(touched()).length > 0;
  /** What somebody has typed since. @returns {Partial<Values>} */
  const touched = () => {
    const typed = Object.entries(values(form)).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(shown[/** @type {keyof Values} */ (name)]));
    return Object.fromEntries(typed);
  };

  /** @param {Purpose | null} purpose */
  const draw = (purpose) => {
    current = purpose;
    clearProblems(form);
    byId('purpose-key-field').hidden = purpose !== null;
    slot(form, 'submit').textContent = t(purpose ? 'purposes.save' : 'purposes.add');
    set(form, purpose ?? { key: '', title: '', description: '', channels: [], default_validity_days: null, position: after(all()), offered: true });
    shown = values(form);
  };
  /** What somebody else has changed; what was typed here stays, and the rest shows what is there now. */
  const lookAgain = async () => {
    if (!current) throw new FieldProblem('key', t('purposes.taken', { key: values(form).key }));
    const [typed, before] = [touched(), shown];
    const now = /** @type {Purpose[]} */ ((await get('/purposes')).data.purposes).find(({ key }) => key === current?.key);
    if (!now) throw new PageProblem(t('purposes.gone'));
    draw(now);
    set(form, { ...now, ...typed }, now.channels);
    onRead(now);
    return changesBetween(names(), wordsOf(before), wordsOf(shown));
  };
  on(form, 'submit', (event) => {
    event.preventDefault();
    submitForm(form, async () => {
      const { key, ...offer } = validate(values(form), current ? [] : all());
      const path = `/purposes/${encodeURIComponent(current?.key ?? key)}`;
      const purpose = (await unlessChanged(() => put(path, offer, { match: current?.tag ?? null }), lookAgain)).data;
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

/** @param {HTMLFormElement} form @param {Omit<Values, 'default_validity_days' | 'position'> & {default_validity_days: number | string | null,
 *   position: number | string}} purpose @param {string[]} [kept] channels that stay */
function set(form, purpose, kept = purpose.channels) {
  const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  input('key').value = purpose.key;
  input('title').value = purpose.title;
  input('description').value = purpose.description;
  input('default_validity_days').value = String(purpose.default_validity_days ?? '');
  input('position').value = String(purpose.position);
  input('offered').checked = purpose.offered;
  input('channels').value = '';
  const channels = [...new Set([...USUAL, ...kept, ...purpose.channels])];
  const chosen = [...kept, ...purpose.channels];
  byId('purpose-channels').replaceChildren(...channels.map((channel) => channelChoice(channel, chosen.includes(channel), kept.includes(channel))));
}

/** What is offered stays so: people have answered on it. @param {string} channel @param {boolean} checked @param {boolean} kept */
function channelChoice(channel, checked, kept) {
  const choice = fill(clone('channel-choice'), { name: channelName(channel) });
  const input = /** @type {HTMLInputElement} */ (choice.querySelector('input'));
  input.value = channel;
  input.checked = checked;
  input.disabled = kept;
  return choice;
}

/** What the form says, as it stands. @param {HTMLFormElement} form @returns {Values} */
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

/** The same, as the server wants it; throws FieldProblems. @param {Values} input @param {Purpose[]} others */
function validate(input, others) {
  const { key, title, channels, default_validity_days: days, position } = input;
  checkFields({
    key: () => (byId('purpose-key-field').hidden ? '' : keyProblem(key, others)),
    title: () => (title ? '' : t('purposes.no-title')),
    channels: () => (channels.length ? channelsProblem(channels) : t('purposes.no-channels')),
    default_validity_days: () => (days === '' ? '' : numberProblem(days, 1, 36_500)),
    position: () => numberProblem(position, 0, 2 ** 31 - 1),
  });
  return { ...input, default_validity_days: days === '' ? null : Number(days), position: Number(position) };
}

const names = () => ({
  title: t('purposes.title'),
  description: t('purposes.description'),
  channels: t('purposes.channels'),
  default_validity_days: t('purposes.days'),
  position: t('purposes.position'),
  offered: t('purposes.offered'),
});

/** @param {Values} values @returns {Record<string, string>} */
const wordsOf = (values) => ({
  ...values,
  channels: values.channels.map(channelName).join(', '),
  offered: t(values.offered ? 'purposes.is-offered' : 'purposes.is-not-offered'),
});

/** @param {string} key @param {Purpose[]} others */
function keyProblem(key, others) {
  if (!/^[a-z][a-z0-9-]{0,62}$/.test(key)) return t('purposes.bad-key');
  return others.some((purpose) => purpose.key === key) ? t('purposes.taken', { key }) : '';
}

/** @param {string[]} channels */
const channelsProblem = (channels) => (channels.every((channel) => /^[a-z][a-z0-9-]{0,31}$/.test(channel)) ? '' : t('purposes.bad-channels'));

/** @param {string} text @param {number} least @param {number} most */
function numberProblem(text, least, most) {
  const value = Number(text);
  return /^\d+$/.test(text) && value >= least && value <= most ? '' : t('purposes.bad-number', { least, most });
}
