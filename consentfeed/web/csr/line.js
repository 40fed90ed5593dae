// What a card says of one consent, and of whose card it is.

import { element, fill, slot } from '../shared/dom.js';
import { languageName, t } from '../shared/text.js';
import { momentText, timeNode, utcText } from '../shared/time.js';
import { setStatus, whatNode, whatText } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */
/** @typedef {import('./list.js').Customer} Customer */

const NUMBER = ['sms', 'voice'];

/** What the customer was reached by then is not what it is now; '' where it is. @param {Consent} consent @param {Customer | null} who */
export function otherText({ channel, status, granted_at }, who) {
  if (status !== 'granted' || !granted_at) return '';
  const isBefore = (/** @type {string | null | undefined} */ at) => Boolean(at) && granted_at < String(at);
  if (NUMBER.includes(channel) && isBefore(who?.msisdn_changed_at)) return t('csr.other-number');
  return channel === 'email' && isBefore(who?.email_changed_at) ? t('csr.other-email') : '';
}

/** @param {HTMLElement} line @param {Consent} consent @param {Customer | null} who */
export function writeLine(line, consent, who) {
  const other = otherText(consent, who);
  slot(line, 'other').hidden = !other;
  setStatus(slot(line, 'status'), consent.status);
  slot(line, 'act').setAttribute('aria-label', t('csr.act-of', { what: whatText(consent) }));
  const ends = consent.status === 'granted' ? consent.expires_at : null;
  slot(line, 'ends').hidden = !ends;
  slot(line, 'ends').title = ends ? utcText(ends) : '';
  return fill(line, {
    what: whatNode(consent),
    other,
    changed: consent.version ? timeNode(consent.updated_at) : null,
    ends: ends ? t('csr.ends', { time: momentText(ends) }) : null,
  });
}

/** Number, address and id, each to be copied. @param {Customer} who */
export function contactNode(who) {
  const line = element('span');
  for (const text of [who.msisdn, who.email]) if (text) line.append(element('bdi', 'contact', text));
  const also = who.shared?.length ? t(`csr.shared-${who.shared.join('-')}`) : '';
  const spoken = who.language ? t('csr.speaks', { language: languageName(who.language) }) : '';
  for (const text of [also, spoken]) {
    if (!text) continue;
    const note = element('span', 'muted', text);
    note.translate = true;
    line.append(note);
  }
  line.append(element('span', 'mono muted contact', who.id));
  return line;
}
