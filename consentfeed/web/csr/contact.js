// Whose card it is: number, address, reference and id, each to be copied.

import { copyText } from '../shared/copy.js';
import { element, on } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { toast } from '../shared/toasts.js';
import { numberText } from './words.js';

/** @param {import('./list.js').Customer} who */
export function contactNode(who) {
  const line = element('span');
  const reference = who.reference ? t('csr.own-reference', { reference: who.reference }) : null;
  for (const [text, shown] of [[who.msisdn, numberText(who.msisdn)], [who.email, who.email], [who.reference, reference]]) if (text) line.append(copyButton(text, shown ?? text));
  const also = who.shared?.length ? t(`csr.shared-${who.shared.join('-')}`) : '';
  const spoken = who.language ? t('csr.speaks', { language: languageName(who.language) }) : '';
  for (const text of [also, spoken]) {
    if (!text) continue;
    const note = element('span', 'muted', text);
    note.translate = true;
    line.append(note);
  }
  const id = copyButton(who.id, who.id);
  id.classList.add('mono', 'muted');
  line.append(id);
  return line;
}

/** @param {string} text @param {string} shown as it is read */
function copyButton(text, shown) {
  const button = element('button', 'contact');
  button.setAttribute('type', 'button');
  button.title = t('csr.copy-this');
  button.append(element('bdi', '', shown));
  on(button, 'click', async () => {
    if (await copyText(text)) toast({ kind: 'success', text: t('csr.copied-this'), detail: shown, own: true });
  });
  return button;
}
