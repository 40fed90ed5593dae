// What a card says of one consent, and of whose card it is.

import { element, fill, slot } from '../shared/dom.js';
import { t } from '../shared/text.js';
import { momentText, timeNode, utcText } from '../shared/time.js';
import { setStatus, whatText } from './words.js';

/** @typedef {import('./list.js').Consent} Consent */

/** @param {HTMLElement} line @param {Consent} consent */
export function writeLine(line, consent) {
  setStatus(slot(line, 'status'), consent.status);
  slot(line, 'act').setAttribute('aria-label', t('csr.act-of', { what: whatText(consent) }));
  const ends = consent.status === 'granted' ? consent.expires_at : null;
  slot(line, 'ends').hidden = !ends;
  slot(line, 'ends').title = ends ? utcText(ends) : '';
  return fill(line, {
    what: whatText(consent),
    changed: consent.version ? timeNode(consent.updated_at) : null,
    ends: ends ? t('csr.ends', { time: momentText(ends) }) : null,
  });
}

/** Number, address and id, each to be copied. @param {import('./list.js').Customer} who */
export function contactNode(who) {
  const line = element('span');
  for (const text of [who.msisdn, who.email]) if (text) line.append(element('bdi', 'contact', text));
  line.append(element('span', 'mono muted contact', who.id));
  return line;
}
