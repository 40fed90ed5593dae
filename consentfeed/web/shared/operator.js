// The operator's name, logo, contact and privacy notice, on every page that a customer sees.

import { ApiError, get } from './api.js';
import { element } from './dom.js';
import { t } from './text.js';

/** @typedef {{name: string | null, logo: string | null, contact: string | null, privacy_url: string | null}} Operator */

const KEY = 'consentfeed.operator';
const US = 'consentfeed';
// Anything else that a setting holds is shown as words.
const LINK = /^(https:\/\/|mailto:|tel:)\S+$/;

/** Shows it: at once what this browser saw last, then what the server says. Never fails. */
export async function showOperator() {
  draw(kept());
  await readOperator();
  draw(kept());
}

/** Reads who it is, for what is printed. Never fails. */
export async function readOperator() {
  try {
    const { data } = await get('/operator', { anybody: true });
    localStorage.setItem(KEY, JSON.stringify(data));
  } catch (error) {
    if (!(error instanceof ApiError)) throw error; // what was seen last stays
  }
}

/** @returns {Operator | null} */
const kept = () => JSON.parse(localStorage.getItem(KEY) ?? 'null');

/** Who issues what is printed here: the operator, else the address of this site. */
export const issuer = () => kept()?.name ?? `${US}, ${location.host}`;

/** @param {Operator | null} operator */
function draw(operator) {
  if (!operator) return;
  for (const node of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-operator]'))) drawBrand(node, operator);
  if (operator.name) document.title = document.title.replace(US, operator.name);
  const links = [contactNode(operator.contact), operator.privacy_url ? link(operator.privacy_url, t('operator.privacy')) : null];
  const foot = document.querySelector('.operator') ?? element('footer', 'operator small');
  foot.replaceChildren(...links.filter((one) => one !== null));
  if (foot.childElementCount) document.body.append(foot);
  else foot.remove();
}

/** @param {HTMLElement} node @param {Operator} operator */
function drawBrand(node, { name, logo }) {
  const picture = /** @type {HTMLImageElement} */ (element('img', 'operator-logo'));
  if (logo) Object.assign(picture, { src: logo, alt: '' });
  node.replaceChildren(...(logo ? [picture] : []), name ?? US);
}

/** @param {string | null} contact */
function contactNode(contact) {
  if (!contact) return null;
  if (!LINK.test(contact)) return element('span', '', contact);
  return link(contact, contact.startsWith('https:') ? t('operator.contact') : contact.replace(/^\w+:/, ''));
}

/** @param {string} href @param {string} text */
const link = (href, text) => Object.assign(/** @type {HTMLAnchorElement} */ (element('a', '', text)), { href, rel: 'noopener' });
