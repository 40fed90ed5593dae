// The consent centre's modules that decide something: order, newness, texts, repeating, history.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApiError } from '../../consentfeed/web/shared/api.js';
import { Consents, noticeInForce, noticesAgreedTo } from '../../consentfeed/web/customer/consents.js';
import { decide } from '../../consentfeed/web/customer/decision.js';
import { History } from '../../consentfeed/web/customer/history.js';
import { speaks } from '../../consentfeed/web/customer/light.js';
import { stateOf } from '../../consentfeed/web/customer/words.js';

const purpose = (key, channels, more = {}) => ({ key, title: key, description: '', channels, notice_version: 2, languages: ['en', 'si'], ...more });
const consent = (id, version, more = {}) => ({
  id, version, purpose: 'news', channel: 'sms', status: 'pending', notice: null,
  granted_at: null, revoked_at: null, expires_at: null, updated_at: '2026-11-24T10:00:00.000000Z', ...more,
});

function consentsOf(...list) {
  const consents = new Consents();
  consents.setPurposes([purpose('bills', ['sms']), purpose('news', ['sms', 'email', 'push'])]);
  consents.replace(list);
  return consents;
}

test('purposes and channels keep the order of the purposes; what is not listed comes last', () => {
  const consents = consentsOf(
    consent('a', 1, { channel: 'fax' }), consent('b', 1, { channel: 'push' }), consent('c', 1, { channel: 'email' }),
    consent('d', 1, { purpose: 'secret' }), consent('e', 1, { purpose: 'bills' }),
  );
  assert.deepEqual(consents.keys(), ['bills', 'news', 'secret']);
  assert.deepEqual(consents.of('news').map(({ id }) => id), ['c', 'b', 'a']);
  assert.equal(consents.purpose('secret').title, 'secret');
});

test('only a newer version comes in, by an event or by reading again', () => {
  const consents = consentsOf(consent('a', 2), consent('b', 2));
  assert.equal(consents.apply(consent('a', 2)), false);
  assert.equal(consents.apply(consent('a', 1)), false);
  assert.equal(consents.apply(consent('a', 3)), true);
  assert.deepEqual(consents.replace([consent('a', 2), consent('b', 4), consent('c', 1)]), ['b']);
  assert.deepEqual(['a', 'b', 'c'].map((id) => consents.get(id).version), [3, 4, 1]);
});

test('the text in force is shown in the language of the page, else in English, else in what there is', () => {
  const inForce = (languages, version = 2) => noticeInForce(purpose('news', [], { languages, notice_version: version }), 'ta');
  assert.deepEqual(inForce(['en', 'ta']), { key: 'news', version: 2, language: 'ta' });
  assert.equal(inForce(['si', 'en'])?.language, 'en');
  assert.equal(inForce(['si'])?.language, 'si');
  assert.equal(inForce([]), null);
  assert.equal(inForce(null, null), null);
});

test('texts agreed to are named once for all their channels, newest first; those of what is off are not', () => {
  const notice = (version, language = 'en') => ({ key: 'news', version, language });
  const groups = noticesAgreedTo([
    consent('a', 1, { status: 'granted', notice: notice(1), granted_at: '2026-03-03' }),
    consent('b', 1, { status: 'granted', notice: notice(1), granted_at: '2026-03-01', channel: 'email' }),
    consent('c', 1, { status: 'granted', notice: notice(2), granted_at: '2026-05-01', channel: 'push' }),
    consent('d', 1, { status: 'revoked', notice: notice(3) }),
  ]);
  assert.deepEqual(groups.map(({ notice, channels, since }) => [notice.version, channels, since]), [
    [2, ['push'], '2026-05-01'], [1, ['sms', 'email'], '2026-03-01'],
  ]);
});

test('each state has its words and its time', () => {
  assert.deepEqual(stateOf(consent('a', 1, { status: 'granted', granted_at: 'then' })), { key: 'customer.on', at: 'then' });
  assert.deepEqual(stateOf(consent('a', 1, { status: 'revoked', revoked_at: 'then' })), { key: 'customer.off', at: 'then' });
  assert.deepEqual(stateOf(consent('a', 1, { status: 'expired', expires_at: 'then' })), { key: 'customer.ended', at: 'then' });
  assert.deepEqual(stateOf(consent('a', 0)), { key: 'customer.not-asked', at: null });
});

/** Answers in turn; what is an Error is thrown. */
function server(...answers) {
  const requests = [];
  const waits = [];
  const send = async (path, body, { key }) => {
    requests.push({ path, body, key });
    const answer = answers.shift();
    if (answer instanceof Error) throw answer;
    return { data: answer };
  };
  return { requests, waits, calls: { send, wait: async (seconds) => void waits.push(seconds) } };
}

const NOTICE = { key: 'news', version: 2, language: 'si' };
const busy = (retryAfter = 5, status = 503) => new ApiError(status, { type: '/problems/busy' }, retryAfter);

test('a grant says which text was shown, a revocation needs none; each has a key of its own', async () => {
  const { requests, calls } = server('granted', 'revoked');
  assert.equal(await decide('a/b', true, NOTICE, calls), 'granted');
  assert.equal(await decide('a', false, NOTICE, calls), 'revoked');
  assert.deepEqual(requests.map(({ path, body }) => [path, body]), [
    ['/customer/consents/a%2Fb/grant', { notice_version: 2, language: 'si' }], ['/customer/consents/a/revoke', {}],
  ]);
  assert.notEqual(requests[0].key, requests[1].key);
});

test('a busy server is asked once more, after the time it names, under the same key', async () => {
  const { requests, waits, calls } = server(busy(7), 'granted');
  assert.equal(await decide('a', true, NOTICE, calls), 'granted');
  assert.deepEqual(waits, [7]);
  assert.deepEqual(requests[1], requests[0]);
});

test('a server that stays busy is not asked a third time, and nobody waits for an hour', async () => {
  const { requests, waits, calls } = server(busy(3600), busy(), 'never');
  await assert.rejects(decide('a', false, null, calls), { code: 'busy' });
  assert.deepEqual([requests.length, waits], [2, [20]]);
});

test('what another try cannot mend is reported at once', async () => {
  for (const status of [0, 404, 409, 422, 500]) {
    const { requests, calls } = server(busy(null, status), 'never');
    await assert.rejects(decide('a', true, NOTICE, calls), { status });
    assert.equal(requests.length, 1);
  }
});

const message = (id, version, timestamp) => ({ id: `${id}${version}`, data: { type: 'granted', consent: consent(id, version), timestamp } });
const versions = (history) => history.list().map(({ consent: { id, version } }) => `${id}${version}`);

test('the history is read to its end, newest first, and from where it was the next time', async () => {
  const paths = [];
  const pages = [
    { events: [message('a', 1, '1'), message('b', 1, '2')], next: 'p1', more: true },
    { events: [message('a', 2, '2')], next: 'p2', more: false },
    { events: [message('b', 2, '3')], next: 'p3', more: false },
  ];
  const history = new History(async (path) => (paths.push(path), { data: pages.shift() }));
  await Promise.all([history.read(), history.read()]);
  assert.deepEqual(versions(history), ['a2', 'b1', 'a1']);
  await history.read();
  assert.deepEqual(versions(history), ['b2', 'a2', 'b1', 'a1']);
  assert.deepEqual(paths.map((path) => path.match(/after=([^&]+)/)[1]), ['0-00000000', 'p1', 'p2']);
});

test('what comes by the feed and by reading counts once, in whatever order', async () => {
  const history = new History(async () => ({ data: { events: [message('a', 1, '1'), message('a', 2, '1')], next: 'p', more: false } }));
  history.add(message('a', 2, '1'));
  history.add({ id: 'x', data: { consent: null } });
  await history.read();
  assert.deepEqual(versions(history), ['a2', 'a1']);
});

test('a history that could not be read can be read again', async () => {
  let away = true;
  const history = new History(async () => {
    if (away) throw new ApiError(503, {}, 1);
    return { data: { events: [message('a', 1, '1')], next: 'p', more: false } };
  });
  await assert.rejects(history.read());
  assert.equal(history.complete, false);
  away = false;
  await history.read();
  assert.equal(history.complete, true);
  assert.deepEqual(versions(history), ['a1']);
});

test('the light is silent while it is live and for the first seconds, and speaks at once when offline', () => {
  assert.equal(speaks({ phase: 'live', since: 0 }, 1e6), false);
  assert.equal(speaks({ phase: 'connecting', since: 0 }, 2000), false);
  assert.equal(speaks({ phase: 'connecting', since: 0 }, 4000), true);
  assert.equal(speaks({ phase: 'catching-up', since: 0 }, 4000), true);
  assert.equal(speaks({ phase: 'offline', since: 0 }, 0), true);
});
