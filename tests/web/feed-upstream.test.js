import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Clock } from '../../consentfeed/web/feed/clock.js';
import { DEFAULTS, Upstream } from '../../consentfeed/web/feed/upstream.js';
import { Source } from '../../consentfeed/web/feed/source.js';
import { FeedServer, START, frame, json, status, until } from './feed-server.js';

const QUICK = { ...DEFAULTS, pollSeconds: 0.15, retrySeconds: 0.02, goodbyeSeconds: 0.02, patienceSeconds: 0.3, answerSeconds: 1 };

let server;
let upstream;

beforeEach(async () => (server = await FeedServer.start()));
afterEach(async () => {
  upstream?.close();
  await server.close();
});

/** An upstream connection, and all that its listener has got. */
function follow(options = {}, position = START) {
  const record = { events: [], positions: [], resets: [], states: [] };
  const listener = {
    event: (message) => record.events.push(message.data.number),
    position: (reached) => record.positions.push(reached),
    reset: (reason, reached) => record.resets.push([reason, reached]),
    state: (state) => record.states.push({ ...state, at: Date.now() }),
  };
  upstream = new Upstream(new Source({ url: server.url, headers: { authorization: 'Bearer x' } }), position, listener, { ...QUICK, ...options });
  record.phases = () => record.states.map(({ phase }) => phase).filter((phase, index, all) => phase !== all[index - 1]);
  return record;
}

const live = () => until(() => upstream.state.phase === 'live', 'live');
const numbers = (count) => Array.from({ length: count }, (_, index) => index + 1);

test('it follows the stream, says who it is, and takes nothing from a cache', async () => {
  server.add(2);
  const record = follow();
  await until(() => record.events.length === 2);
  server.add();
  await until(() => record.events.length === 3);
  assert.deepEqual(record.events, [1, 2, 3]);
  const [{ headers }] = server.requests;
  assert.equal(headers.authorization, 'Bearer x');
  assert.equal(headers['last-event-id'], START);
  assert.equal(headers['cache-control'], 'no-cache');
});

test('a 502, a page of a proxy and a refused connection do not end it; the tries are counted', async () => {
  server.streamScript.push(status(502), (response) => response.end('<pre>Please sign in to this network\n\nretry: 1\n\n</pre>'), (response) => response.destroy());
  const record = follow();
  await live();
  assert.equal(server.of('stream').length, 4);
  assert.deepEqual(record.phases(), ['offline', 'live']);
  assert.equal(upstream.state.attempt, 4);
  assert.ok(record.states.some(({ nextTryAt }) => nextTryAt > Date.now() - 5000));
  server.add();
  await until(() => record.events.length === 1);
});

test('pauses grow, and never beyond the most', async () => {
  server.streamScript.push(...Array.from({ length: 7 }, () => status(500)));
  const record = follow({ retrySeconds: 0.02, mostSeconds: 0.1, pollSeconds: 60, random: () => 1 });
  await live();
  const pauses = record.states.filter(({ nextTryAt }, index, all) => nextTryAt !== null && nextTryAt !== all[index - 1]?.nextTryAt);
  assert.deepEqual(pauses.map(({ nextTryAt, at }) => Math.round((nextTryAt - at) / 20) * 20), [20, 40, 80, 100, 100, 100, 100]);
});

test('a stream that ends at once counts as a failed try, one that has held does not', async () => {
  const brief = (response) => {
    server.open(response, null);
    setTimeout(() => response.destroy(), 10);
  };
  server.streamScript.push(brief, brief, brief);
  follow({ steadySeconds: 0.2 });
  await until(() => server.of('stream').length === 4);
  await live();
  assert.equal(upstream.state.attempt, 4);
  await new Promise((resolve) => setTimeout(resolve, 250)); // now it has held
  server.cut();
  await until(() => server.of('stream').length === 5);
  await live();
  assert.equal(upstream.state.attempt, 2);
});

test('Retry-After is obeyed, of streams and of pages', async () => {
  server.streamScript.push(status(503, { 'retry-after': '1' }));
  server.pageScript.push(status(429, { 'retry-after': '1' }));
  follow({ pollSeconds: 0.05 });
  await live();
  for (const kind of ['stream', 'page']) {
    const [first, second] = server.of(kind);
    assert.ok((second?.at ?? Infinity) - first.at >= 990, kind);
  }
});

test('cut in the middle of a frame it goes on from the event before', async () => {
  server.add(2);
  const record = follow();
  await until(() => record.events.length === 2);
  server.say(frame({ ...server.log[1], id: '3-cut' }).slice(0, -1));
  await new Promise((resolve) => setTimeout(resolve, 20)); // the half frame has to arrive before the end does
  server.cut();
  server.add();
  await until(() => record.events.length === 3);
  assert.deepEqual(record.events, [1, 2, 3]);
  assert.equal(server.of('stream')[1].after, server.log[1].id);
});

test('heartbeats and id-only blocks move the position, and it resumes from there', async () => {
  follow();
  await live();
  server.add(1, {});
  server.say('id: 1-filtered\n\n');
  await until(() => server.streams.size === 1);
  server.say('id: 2-beat\nevent: heartbeat\ndata: {"time":"2026-01-01T00:00:00Z"}\n\n');
  await new Promise((resolve) => setTimeout(resolve, 20));
  server.streamScript.push(status(500));
  server.pageScript.push(status(500));
  server.cut();
  await until(() => server.of('stream').length === 2);
  assert.equal(server.of('stream')[1].after, '2-beat');
});

test('goodbye: it comes back soon, counts no failure, and says "offline" to nobody', async () => {
  const record = follow();
  for (const [index, reason] of ['shutdown', 'lifetime', 'slow', 'of a later version'].entries()) {
    await until(() => server.streams.size === 1 && upstream.state.phase === 'live');
    server.goodbye(reason);
    await until(() => server.of('stream').length === index + 2);
  }
  await live();
  assert.ok(!record.phases().includes('offline'));
  assert.equal(upstream.state.attempt, 1);
  assert.equal(server.of('page').length, 0);
});

for (const [what, provoke] of [
  ['goodbye signed-out', () => server.goodbye('signed-out')],
  ['a 401', () => (server.streamScript.push(status(401)), server.cut())],
  ['a 401 to a poll', () => (server.streamScript.push(...Array(9).fill(status(502))), server.pageScript.push(status(401)), server.cut())],
]) {
  test(`${what} ends it for good`, async () => {
    const record = follow();
    await live();
    provoke();
    await until(() => record.phases().at(-1) === 'signed-out');
    const { length } = server.requests;
    await new Promise((resolve) => setTimeout(resolve, 400)); // several polls and tries long
    assert.equal(server.requests.length, length);
  });
}

test('silence of two and a half heartbeats replaces the connection', async () => {
  server.heartbeat = 0.1;
  const record = follow();
  await live();
  const began = Date.now();
  await until(() => server.of('stream').length === 2);
  assert.ok(Date.now() - began >= 240 && Date.now() - began < 900, `${Date.now() - began}`);
  server.add();
  await until(() => record.events.length === 1);
});

test('heartbeats keep it', async () => {
  server.heartbeat = 0.4; // silence of a second would end it: time enough where the processor is not ours
  server.beats = true;
  follow();
  await live();
  await new Promise((resolve) => setTimeout(resolve, 2500)); // two and a half such silences long
  assert.equal(server.of('stream').length, 1);
});

test('an answer that never comes, and a stream that never begins, are given up', async () => {
  server.streamScript.push(() => {}, (response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders());
  const record = follow({ answerSeconds: 0.15 });
  await live();
  assert.equal(server.of('stream').length, 3);
  assert.deepEqual(record.phases(), ['offline', 'live']);
});

test('while the stream is down, and only then, it polls from the same position, and follows "more" at once', async () => {
  server.add(3);
  server.retry = 500;
  const record = follow({ pollSeconds: 0.5, random: () => 1 });
  await until(() => record.events.length === 3);
  await new Promise((resolve) => setTimeout(resolve, 700)); // longer than a poll's pause
  assert.equal(server.of('page').length, 0);
  server.streamScript.push(...Array(2).fill(status(502)));
  server.cut();
  server.add(250);
  await until(() => record.events.length === 253);
  assert.equal(upstream.state.phase, 'offline');
  assert.ok(upstream.state.polling);
  const pages = server.of('page');
  assert.deepEqual(pages.slice(0, 3).map(({ after }) => after), [server.log[2].id, server.log[102].id, server.log[202].id]);
  assert.ok(pages[2].at - pages[0].at < 400);
  server.add(5);
  await until(() => record.events.length === 258);
  await live();
  const polled = server.of('page').length;
  server.add(2);
  await until(() => record.events.length === 260);
  assert.deepEqual(record.events, numbers(260));
  await new Promise((resolve) => setTimeout(resolve, 700));
  assert.equal(server.of('page').length, polled);
  assert.ok(!upstream.state.polling);
});

test('a poll goes on from where the one before has ended, though it gave no event', async () => {
  server.filter = ({ data }) => data.number > 4;
  server.streamScript.push(status(502));
  const record = follow({ pollSeconds: 0.05, retrySeconds: 0.5, random: () => 1 });
  server.add(4);
  await until(() => server.of('page').some(({ after }) => after === server.log[3].id));
  server.add();
  await live();
  assert.deepEqual(record.events, [5]);
});

test('a loss is "connecting" at first, "offline" after a failed try, and "since" tells when it began', async () => {
  const record = follow({ retrySeconds: 0.05 });
  await live();
  const lost = Date.now();
  server.streamScript.push(status(502));
  server.cut();
  await until(() => record.phases().at(-1) === 'offline');
  await live();
  assert.deepEqual(record.phases(), ['live', 'connecting', 'offline', 'live']);
  const { since } = record.states.find(({ phase }) => phase === 'offline');
  assert.ok(since >= lost - 1 && since < lost + 200);
});

test('a loss is "offline" also when a try hangs', async () => {
  const record = follow({ patienceSeconds: 0.1 });
  await live();
  server.streamScript.push(() => {});
  server.cut();
  await until(() => record.phases().at(-1) === 'offline');
  assert.equal(server.of('stream').length, 2);
  await live();
});

test('a reset at the start and in mid-stream comes with its reason, and it goes on from there', async () => {
  server.add(3);
  const record = follow({}, '9-unknown');
  await live();
  assert.deepEqual(record.resets, [['forked', server.log[2].id]]);
  server.say(`id: ${START}\nevent: reset\ndata: {"reason":"pruned"}\n\n`);
  await until(() => record.resets.length === 2);
  assert.deepEqual(record.resets[1], ['pruned', START]);
  server.cut();
  await until(() => record.events.length === 3);
  assert.equal(server.of('stream')[1].after, START);
});

test('a 410 to a poll is a reset; where to go on from is asked for at once', async () => {
  server.add(2);
  server.retry = 400;
  const record = follow({ pollSeconds: 30, random: () => 1 });
  await until(() => record.events.length === 2);
  server.lost.add(server.head);
  server.streamScript.push(status(502), status(502));
  server.cut();
  server.add(); // in the same turn: the new position is another than the lost one
  await until(() => record.resets.length === 1);
  await live();
  assert.deepEqual(record.resets, [['pruned', null]]);
  assert.deepEqual(server.of('page').map(({ after }) => after), [server.log[1].id, null]);
});

test('catching up counts down, and ends at zero', async () => {
  server.add(5);
  server.visible = 0;
  follow();
  await until(() => upstream.state.phase === 'catching-up');
  assert.equal(upstream.state.behind, 5);
  for (const left of [4, 3, 2, 1]) {
    server.visible += 1;
    server.flush();
    await until(() => upstream.state.behind === left);
    assert.equal(upstream.state.phase, 'catching-up');
  }
  server.visible = 5;
  server.flush();
  await live();
  assert.equal(upstream.state.behind, 0);
});

test('catching up ends with a heartbeat, where a filter left events out', async () => {
  server.add(5);
  server.visible = 2;
  follow();
  await until(() => upstream.state.behind === 3);
  server.beat();
  await live();
});

test('the delay is of events since the stream was opened, clocks that differ taken out', async () => {
  server.add();
  const record = follow();
  await until(() => record.events.length === 1);
  assert.equal(upstream.state.delay, null);
  server.beat();
  server.add();
  await until(() => record.events.length === 2);
  assert.ok(upstream.state.delay >= 0 && upstream.state.delay < 1, `${upstream.state.delay}`);
  server.add(1, { timestamp: new Date(Date.now() - 3600_000).toISOString() });
  await until(() => record.events.length === 3);
  assert.ok(upstream.state.delay < 1);
});

test('a clock takes the quickest of the last heartbeats for the difference', () => {
  const clock = new Clock();
  const at = (seconds) => new Date(seconds * 1000).toISOString();
  assert.equal(clock.delay(1000_000, at(990), 0), null);
  clock.beat(1003_000, at(900)); // 100 s fast, 3 s on the way
  clock.beat(1010_200, at(910)); // 0.2 s on the way
  clock.beat(1021_000, at(920));
  assert.equal(clock.delay(1030_700, at(930), 1000_000), 0.5);
  assert.equal(clock.delay(1030_100, at(930), 1000_000), 0);
  assert.equal(clock.delay(1030_700, at(899), 1000_000), null);
  assert.equal(clock.delay(1030_700, undefined, 0), null);
  for (let beat = 0; beat < 8; beat++) clock.beat(500_000, at(500)); // somebody has set it
  assert.equal(clock.delay(1000_000, at(999), 0), 1);
});

test('trying now does not wait, and does nothing to a live stream', async () => {
  server.streamScript.push(status(503, { 'retry-after': '3600' }));
  const record = follow();
  await until(() => upstream.state.nextTryAt > Date.now() + 60_000);
  upstream.retryNow();
  await live();
  upstream.retryNow();
  server.add();
  await until(() => record.events.length === 1);
  assert.equal(server.of('stream').length, 2);
});

test('a stream that says something strange does not end it', async () => {
  const record = follow();
  await live();
  server.say('id: 1-a\nevent: new-kind\ndata: no json\n\nevent: notice\ndata: {"without":"an id"}\n\ndata\n\nevent: goodbye-ish\n\n');
  server.say('id: 2-b\nevent: consent-updated\ndata: null\n\n'.replace('null', '{"number":2}'));
  await until(() => record.events.length === 2);
  assert.deepEqual(record.events, [undefined, 2]);
});

test('a server that is not there at all is tried until it is', async () => {
  await server.stop();
  const record = follow({ mostSeconds: 0.1 });
  await until(() => upstream.state.attempt > 3);
  assert.deepEqual(record.phases(), ['offline']);
  await server.listen();
  await live();
});

test('closed, it asks for nothing more and tells nothing', async () => {
  const record = follow();
  await live();
  upstream.close();
  await until(() => server.streams.size === 0);
  const { length } = record.states;
  server.add(3);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(record.events.length, 0);
  assert.equal(record.states.length, length);
  assert.equal(server.requests.length, 1);
});

test('what is no feed of ours is never taken for a page', async () => {
  server.streamScript.push(...Array(3).fill(status(502)));
  server.pageScript.push(
    (response) => json(response, 200, { hello: 'world' }),
    (response) => response.end('<html>'),
    (response) => json(response, 200, { events: [], next: null }),
  );
  const record = follow({ pollSeconds: 0.01, retrySeconds: 0.2, random: () => 1 });
  await until(() => server.of('page').length === 3);
  server.add(2);
  await live();
  await until(() => record.events.length === 2);
  assert.deepEqual(record.events, [1, 2]);
});

test('a 403 is tried again like any other answer: it may be somebody in between who says it', async () => {
  const record = follow({ retrySeconds: 0.05 });
  await live();
  server.streamScript.push(status(403));
  server.cut();
  await until(() => server.of('stream').length === 3);
  await live();
  assert.ok(!record.phases().includes('signed-out'));
});

test('a server that cannot read the log is not called live, and what is shown is as old as it says', async () => {
  follow();
  await live();
  server.say(`id: ${START}\nevent: heartbeat\ndata: {"time":"${new Date().toISOString()}","stale":60.5}\n\n`);
  await until(() => upstream.state.phase === 'catching-up');
  assert.ok(Math.abs(Date.now() - 60_500 - upstream.state.heardAt) < 5000);
  server.beat();
  await live();
});
