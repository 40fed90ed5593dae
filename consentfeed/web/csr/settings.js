// The dialog of what to be told, and how: kept on the server for the person.

import { get } from '../shared/api.js';
import { dialog } from '../shared/dialogs.js';
import { byId, clone, element, on, slot } from '../shared/dom.js';
import { preference, setPreferences } from '../shared/preferences.js';
import { problemText } from '../shared/problems.js';
import { hasText, t } from '../shared/text.js';
import { KINDS, readChoices } from './alerts.js';
import { beep } from './sound.js';
import { customerText, setStatus, statusName } from './words.js';

const form = /** @type {HTMLFormElement} */ (byId('settings-form'));
/** Customers' ids: their names are asked for when they are shown, and kept nowhere. @type {string[]} */
let watched = [];

/** Makes the dialog ready; open it with openSettings(). */
export function prepareSettings() {
  for (const kind of Object.keys(KINDS)) byId('kinds').append(kindLine(kind));
  on(form, 'submit', save);
}

export function openSettings() {
  const choices = readChoices();
  watched = choices.watched;
  field('about').value = choices.about;
  for (const box of boxes()) box.checked = (box.name === 'message' ? choices.messages : choices.sounds).includes(box.value);
  field('quiet-from').value = choices.quiet.from;
  field('quiet-to').value = choices.quiet.to;
  field('toast-seconds').value = String(preference('toastSeconds', 5));
  field('poll-seconds').value = String(preference('pollSeconds', 30));
  /** @type {HTMLInputElement} */ (byId('single-keys')).checked = choices.keys;
  byId('settings-problem').textContent = '';
  drawWatched();
  dialog('settings').showModal();
}

/** @param {string} kind */
function kindLine(kind) {
  const line = clone('kind-line');
  setStatus(slot(line, 'status'), kind);
  slot(line, 'status').textContent = kindName(kind);
  for (const name of ['message', 'sound']) {
    const box = /** @type {HTMLInputElement} */ (slot(line, name));
    Object.assign(box, { name, value: kind });
    box.setAttribute('aria-label', t(`csr.kind-${name}-of`, { status: kindName(kind) }));
    if (name === 'sound') on(box, 'change', () => box.checked && beep(kind));
  }
  return line;
}

/** @param {string} kind */
const kindName = (kind) => (hasText(`csr.kind-of-${kind}`) ? t(`csr.kind-of-${kind}`) : statusName(kind));

function drawWatched() {
  byId('watched-none').hidden = watched.length > 0;
  byId('watched').replaceChildren(...watched.map(watchedLine));
}

/** @param {string} customer */
function watchedLine(customer) {
  const line = element('li', 'watched-line');
  const [name, remove] = [element('bdi', '', '…'), element('button', 'icon-button', '×')];
  name.translate = false;
  remove.setAttribute('type', 'button');
  on(remove, 'click', () => {
    watched = watched.filter((id) => id !== customer);
    drawWatched();
    byId('settings-title').focus();
  });
  line.append(name, remove);
  customerName(customer).then((text) => {
    name.textContent = text;
    remove.setAttribute('aria-label', t('csr.unwatch', { customer: text }));
  });
  return line;
}

/** @param {string} id */
async function customerName(id) {
  try {
    return customerText((await get(`/customers/${id}`)).data);
  } catch {
    return id;
  }
}

/** @param {SubmitEvent} event */
async function save(event) {
  event.preventDefault();
  const values = (/** @type {string} */ name) => boxes().filter((box) => box.name === name && box.checked).map((box) => box.value);
  const quiet = { from: field('quiet-from').value, to: field('quiet-to').value };
  const keys = /** @type {HTMLInputElement} */ (byId('single-keys')).checked;
  try {
    const alerts = { about: field('about').value, messages: values('message'), sounds: values('sound') };
    const seconds = { toastSeconds: Number(field('toast-seconds').value), pollSeconds: Number(field('poll-seconds').value) };
    await setPreferences(() => ({ ...seconds, csr: { ...readChoices(), ...alerts, quiet, watched, keys, kinds: Object.keys(KINDS) } }));
  } catch (error) {
    byId('settings-problem').textContent = problemText(error);
    return;
  }
  dialog('settings').close();
}

/** @param {string} name @returns {{value: string}} */
const field = (name) => /** @type {any} */ (form.elements.namedItem(name));

const boxes = () => /** @type {HTMLInputElement[]} */ ([...byId('kinds').querySelectorAll('input')]);
