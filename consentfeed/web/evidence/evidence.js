// Evidence of a consent, as a page that can be read and printed; the file that proves it is one click away.

import { get } from '../shared/api.js';
import { byId, clone, element, fill, on, slot } from '../shared/dom.js';
import { pageReady } from '../shared/ready.js';
import { issuer, readOperator } from '../shared/operator.js';
import { openPage } from '../shared/page.js';
import { problemText } from '../shared/problems.js';
import { channelName, t } from '../shared/text.js';
import { dateText, setTime, utcText } from '../shared/time.js';
import { byText, customerText, howText, noticeOf, noticeText, proofText, reasonText, statusName } from './words.js';

/** @typedef {import('./words.js').Body} Body */
/** @typedef {{body: string, hash: string, proof: {index: number, size: number} | null}} Event */
/** @typedef {{key: string, version: number, language: string, title: string, text: string, sha256: string}} Notice */

const consent = location.pathname.split('/')[2];

await openPage('evidence');
await show();
pageReady();

async function show() {
  try {
    const { data } = await get(`/consents/${encodeURIComponent(consent)}/evidence`);
    await readOperator();
    draw(data);
  } catch (error) {
    const again = element('button', 'button', t('error.again'));
    on(again, 'click', show);
    byId('state').replaceChildren(element('p', 'problem', problemText(error)), again);
  }
}

/** @param {any} data the document */
function draw(data) {
  const part = byId('document');
  // What it was called when it was agreed to; a purpose may be called otherwise by now.
  const notice = noticeOf(/** @type {Notice[]} */ (data.notices), data.consent.notice);
  slot(part, 'purpose').lang = notice?.language ?? '';
  fill(part, {
    customer: customerText(data.customer),
    purpose: notice?.title ?? data.purpose.title,
    channel: channelName(data.consent.channel),
    status: statusName(data.consent.status),
    made: `${dateText(data.made_at)} (${utcText(data.made_at)})`,
    issuer: issuer(),
    'consent-id': data.consent.id,
    'customer-id': data.customer.id,
    checkpoint: data.checkpoint,
    key: data.key,
  });
  slot(part, 'status').dataset.status = data.consent.status;
  byId('events').replaceChildren(...data.events.map((/** @type {Event} */ event) => eventNode(event, data.notices)));
  byId('no-events').hidden = data.events.length + data.missing.length > 0;
  byId('missing').hidden = !data.missing.length;
  byId('missing').textContent = data.missing.length ? t('evidence.missing', { count: data.missing.length }) : '';
  byId('notices').replaceChildren(...data.notices.map(noticeNode));
  byId('notices-part').hidden = !data.notices.length;
  byId('signed').hidden = !data.checkpoint;
  byId('unsigned').hidden = Boolean(data.checkpoint);
  prepareButtons(data.consent.id);
  byId('state').hidden = true;
  part.hidden = false;
}

/** @param {string} id of the consent */
function prepareButtons(id) {
  const link = /** @type {HTMLAnchorElement} */ (byId('download'));
  link.href = `/api/v1/consents/${id}/evidence`;
  link.download = `evidence-${id}.json`;
  byId('print').onclick = () => print();
}

/** @param {Event} event @param {Notice[]} notices */
function eventNode({ body: text, hash, proof }, notices) {
  /** @type {Body} */
  const body = JSON.parse(text);
  const node = clone('event');
  const reason = reasonText(body.reason);
  const told = body.type === 'granted' ? toldNode(notices, body.consent.notice) : null;
  slot(node, 'reason-part').hidden = !reason;
  slot(node, 'told-part').hidden = !told;
  slot(node, 'status').dataset.status = body.type;
  const when = setTime(/** @type {HTMLTimeElement} */ (slot(node, 'when')), body.timestamp);
  when.textContent = dateText(body.timestamp);
  return fill(node, {
    status: statusName(body.type),
    exactly: utcText(body.timestamp),
    by: byText(body.actor),
    how: howText(body.method),
    reason,
    told,
    recorded: utcText(body.recorded_at),
    hash,
    proof: proofText(proof),
  });
}

/** @param {Notice[]} notices @param {import('./words.js').NoticeId | null} bound */
function toldNode(notices, bound) {
  const notice = noticeOf(notices, bound);
  const title = element('bdi', '', notice?.title ?? '');
  title.lang = notice?.language ?? '';
  title.translate = false;
  const node = element('span');
  node.append(title, ...(notice ? [' · '] : []), noticeText(bound));
  return bound ? node : null;
}

/** @param {Notice} notice */
function noticeNode(notice) {
  const node = fill(clone('notice'), { title: notice.title, about: noticeText(notice), text: notice.text, sha256: notice.sha256 });
  for (const name of ['title', 'text']) slot(node, name).lang = notice.language;
  return node;
}
