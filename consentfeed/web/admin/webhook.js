// The dialog for one webhook: adding it, or changing what it is sent.

import { get, put } from '../shared/api.js';
import { byId, clone, fill, slot } from '../shared/dom.js';
import { FieldProblem, PageProblem, checkFields, clearProblems, submitForm } from '../shared/forms.js';
import { channelName, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { changesBetween, unlessChanged } from './meanwhile.js';
import { showSecret } from './webhook-secret.js';

/** @typedef {import('./webhooks.js').Webhook} Webhook */
/** What somebody chooses of one. @typedef {Pick<Webhook, 'url' | 'kinds' | 'purposes' | 'channels' | 'types' | 'batch' | 'personal_data'>} Choice */

const KINDS = [
  'consent-updated', 'customer-updated', 'preferences-updated', 'rights-request-updated', 'customer-erased', 'notice-published',
  'all',
];
const TYPES = ['granted', 'revoked', 'expired'];
const LISTS = /** @type {const} */ (['kinds', 'purposes', 'channels', 'types']);
const NEW = { url: '', kinds: ['consent-updated'], purposes: [], channels: [], types: [], batch: 1, personal_data: false };

const parts = () => {
  const dialog = /** @type {HTMLDialogElement} */ (byId('webhook'));
  const form = /** @type {HTMLFormElement} */ (dialog.querySelector('form'));
  const input = (/** @type {string} */ name) => /** @type {HTMLInputElement} */ (form.elements.namedItem(name));
  return { dialog, form, input };
};

/** @param {Webhook | null} webhook null: a new one @param {() => void} onSave */
export async function askWebhook(webhook, onSave) {
  const { dialog, form, input } = parts();
  let current = webhook;
  /** What can be chosen from, or is chosen although it is no longer offered. */
  const offered = await offers(webhook ?? NEW);
  clearProblems(form);
  fill(form, { title: webhook ? t('webhooks.change-title', { name: webhook.name }) : t('webhooks.add'), submit: t(webhook ? 'webhooks.save' : 'webhooks.add') });
  slot(form, 'name-field').hidden = webhook !== null;
  input('name').value = '';
  draw(webhook ?? NEW, offered);
  let shown = chosen();
  /** What somebody else has changed; what was typed here stays. */
  const lookAgain = async () => {
    if (!current) throw new FieldProblem('name', t('webhooks.taken'));
    const [typed, before] = [touched(shown), shown];
    const now = /** @type {Webhook[]} */ ((await get('/webhooks')).data.webhooks).find(({ name }) => name === current?.name);
    if (!now) throw new PageProblem(t('webhooks.gone'));
    current = now;
    draw(now, offered);
    shown = chosen();
    draw({ ...now, ...typed }, offered);
    return changesBetween(names(), wordsOf(before), wordsOf(shown));
  };
  form.onsubmit = async (event) => {
    event.preventDefault();
    const name = current?.name ?? input('name').value.trim();
    const saved = await submitForm(form, async () => {
      const choice = validate(name);
      const { data } = await unlessChanged(() => put(`/webhooks/${encodeURIComponent(name)}`, choice, { match: current?.tag ?? null }), lookAgain);
      dialog.close();
      if (data.secret) showSecret(name, data.secret, t('webhooks.begins'));
    });
    if (!saved) return;
    if (current) toast({ kind: 'success', text: t('webhooks.saved', { name }) });
    onSave();
  };
  slot(form, 'cancel').onclick = () => dialog.close();
  dialog.showModal();
}

/** @param {Choice} choice */
async function offers(choice) {
  /** @type {{key: string, title: string, channels: string[]}[]} */
  let purposes = [];
  try {
    purposes = (await get('/purposes')).data.purposes;
  } catch {
    // What is chosen already can still be seen, and left out.
  }
  const titles = new Map(purposes.map(({ key, title }) => [key, title]));
  const more = (/** @type {string[]} */ known, /** @type {string[]} */ own) => [...new Set([...known, ...own])];
  return {
    kinds: KINDS.map((kind) => ({ value: kind, text: t(`webhooks.kind-${kind}`) })),
    purposes: more([...titles.keys()], choice.purposes).map((key) => ({ value: key, text: titles.get(key) ?? key })),
    channels: more(purposes.flatMap(({ channels }) => channels), choice.channels).map((key) => ({ value: key, text: channelName(key) })),
    types: TYPES.map((type) => ({ value: type, text: t(`status.${type}`) })),
  };
}

/** @param {Choice} choice @param {Awaited<ReturnType<typeof offers>>} offered */
function draw(choice, offered) {
  const { form, input } = parts();
  input('url').value = choice.url;
  input('batch').value = String(choice.batch);
  input('personal_data').checked = choice.personal_data;
  for (const name of LISTS) slot(form, name).replaceChildren(...offered[name].map(({ value, text }) => box(name, value, text, choice[name].includes(value))));
}

/** @param {string} name @param {string} value @param {string} text @param {boolean} isChecked */
function box(name, value, text, isChecked) {
  const label = fill(clone('webhook-choice'), { name: text });
  const input = /** @type {HTMLInputElement} */ (label.querySelector('input'));
  Object.assign(input, { name, value, checked: isChecked });
  return label;
}

/** What the form says, as it stands. @returns {Choice} */
function chosen() {
  const { form, input } = parts();
  const all = (/** @type {string} */ name) => new FormData(form).getAll(name).map(String);
  const [kinds, purposes, channels, types] = LISTS.map(all);
  return { url: input('url').value.trim(), kinds, purposes, channels, types, batch: Number(input('batch').value), personal_data: input('personal_data').checked };
}

/** What somebody has changed in it since. @param {Choice} shown @returns {Partial<Choice>} */
const touched = (shown) =>
  Object.fromEntries(Object.entries(chosen()).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(shown[/** @type {keyof Choice} */ (name)])));

/** What is sent; throws FieldProblems. @param {string} name @returns {Choice} */
function validate(name) {
  const choice = chosen();
  checkFields({
    name: () => (/^[a-z][a-z0-9-]{0,62}$/.test(name) ? '' : t('webhooks.bad-name')),
    url: () => (/^https?:\/\/./.test(choice.url) ? '' : t('webhooks.bad-url')),
    kinds: () => (choice.kinds.length ? '' : t('webhooks.no-kinds')),
    batch: () => (Number.isInteger(choice.batch) && choice.batch >= 1 && choice.batch <= 500 ? '' : t('webhooks.bad-batch')),
  });
  return choice;
}

const names = () => ({
  url: t('webhooks.url'),
  kinds: t('webhooks.kinds'),
  purposes: t('webhooks.purposes'),
  channels: t('webhooks.channels'),
  types: t('webhooks.types'),
  batch: t('webhooks.batch'),
  personal_data: t('webhooks.personal'),
});

/** @param {Choice} choice @returns {Record<string, string>} */
const wordsOf = (choice) => ({
  url: choice.url,
  kinds: choice.kinds.map((kind) => t(`webhooks.kind-${kind}`)).join(', '),
  purposes: choice.purposes.join(', '),
  channels: choice.channels.map(channelName).join(', '),
  types: choice.types.map((type) => t(`status.${type}`)).join(', '),
  batch: String(choice.batch),
  personal_data: t(choice.personal_data ? 'webhooks.yes' : 'webhooks.no'),
});
