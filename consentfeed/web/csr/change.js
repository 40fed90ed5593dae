// What a change is about: a consent, a rights request, or how a customer wants to be contacted.

import { t } from '../shared/text.js';
import { element } from '../shared/dom.js';
import { whatNode, whatText } from './words.js';

/** @typedef {import('./activity.js').Change} Change */

/** Whether people are told of it. @param {Change} change */
export const isTold = ({ consent, request, preferences }) => Boolean(consent ?? request ?? preferences);

/** The kinds that people choose among: the answers of consents, requests, preferences. @param {Change} change */
export const kindOf = ({ type, consent, request }) => (consent ? type : request ? 'request' : 'preferences');

/** Whose it is. @param {Change} change @returns {string} */
export const customerOf = ({ consent, request, preferences, customer }) => (consent ?? request ?? preferences)?.customer_id ?? customer?.id ?? '';

/** "News and offers · SMS", "Copy of the data · R-2026-105609". @param {Change} change */
export function aboutText({ consent, request }) {
  if (consent) return whatText(consent);
  return request ? requestText(request) : t('contact.title');
}

/** The same as a node, in which a title names its language. @param {Change} change */
export function aboutNode(change) {
  if (change.consent) return whatNode(change.consent);
  const node = element('span', '', aboutText(change));
  node.translate = true; // the page's own words
  return node;
}

/** @param {{kind: string, reference: string}} request */
export const requestText = ({ kind, reference }) => `${t(`right.${kind}`)} · ${reference}`;

/** What was done with a request. @param {import('../shared/due.js').RightsRequest} request */
export const didText = ({ action }) => t(`csr.did-${action}`);
