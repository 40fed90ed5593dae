import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { connectFeed } from '../../consentfeed/web/feed/feed.js';
import { Ring } from '../../consentfeed/web/feed/ring.js';
import { FeedServer, START, seeded, status, until } from './feed-server.js';

const QUICK = { pollSeconds: 0.1, retrySeconds: 0.02, goodbyeSeconds: 0.02, patienceSeconds: 0.1 };

let server;
let feeds;

beforeEach(async () => {
  feeds = [];
  server = await FeedServer.start();
});
afterEach(async () => {
  for (const feed of feeds) feed.close();
  await server.close();
});

function connect(options = {}) {
  const feed = connectFeed({ url: server.url, shared: 'alone', ...QUICK, ...options });
  feeds.push(feed);
  return feed;
}

/** A subscriber that keeps the numbers it is given. */
function read(feed, position) {
  const reader = { numbers: [], resets: [] };
  const handlers = { event: ({ data }) => reader.numbers.push(data.number), reset: (reason) => reader.resets.push(reason) };
  reader.close = feed.subscribe(position, handlers).close;
  return reader;
}

const range = (from, upto) => Array.from({ length: upto - from }, (_, index) => from + index + 1);
const positionOf = (number) => (number ? server.log[number - 1].id : START);
const has = (reader, count) => until(() => reader.numbers.length >= count, `${count} events of ${reader.numbers.length}`);

test('the first subscriber says where the upstream begins; all share it, and each gets what is after its own position', async () => {
  server.add(10);
  const feed = connect();
  const middle = read(feed, positionOf(5));
  await has(middle, 5);
  const [early, same, late] = [read(feed, START), read(feed, positionOf(5)), read(feed, positionOf(8))];
  const now = read(feed, null);
  await has(early, 10);
  server.add(3);
  await until(() => [middle, early, same, late].every(({ numbers }) => numbers.at(-1) === 13) && now.numbers.length === 3);
  assert.deepEqual(early.numbers, range(0, 13));
  assert.deepEqual(middle.numbers, range(5, 13));
  assert.deepEqual(same.numbers, range(5, 13));
  assert.deepEqual(late.numbers, range(8, 13));
  assert.deepEqual(now.numbers, range(10, 13));
  assert.equal(server.of('stream').length, 1);
  assert.equal(server.of('page').length, 1); // of the early one alone: the upstream knew the others' positions
});

test('a subscriber far behind reads pages until it has come to the upstream', async () => {
  server.add(950);
  const feed = connect();
  const first = read(feed, server.head);
  await until(() => feed.state.phase === 'live');
  const far = read(feed, START);
  server.add(20);
  await has(far, 970);
  server.add();
  await has(far, 971);
  assert.deepEqual(far.numbers, range(0, 971));
  assert.deepEqual(first.numbers, range(950, 971));
});

test('a subscriber ahead of the upstream waits for it, and gets nothing that is before its position', async () => {
  server.add(5);
  server.visible = 2;
  const feed = connect();
  const behind = read(feed, START);
  await has(behind, 2);
  const ahead = read(feed, positionOf(5));
  await until(() => server.of('page').length === 1);
  server.add(2);
  for (let count = 3; count <= 6; count++) {
    server.visible = count;
    server.flush();
    await has(behind, count);
  }
  await has(ahead, 1);
  server.visible = 7;
  server.flush();
  await has(ahead, 2);
  assert.deepEqual(ahead.numbers, [6, 7]);
});

test('with a filter, where a page ends at an event that the upstream never shows, nothing is lost either', async () => {
  server.filter = ({ data }) => data.number % 5 === 0;
  server.add(12);
  const feed = connect();
  const first = read(feed, positionOf(11));
  await until(() => feed.state.phase !== 'connecting');
  server.add(2);
  const second = read(feed, positionOf(13));
  await until(() => server.of('page').length === 1);
  server.add(8);
  await until(() => first.numbers.length === 2);
  await has(second, 2);
  server.add(10);
  await until(() => first.numbers.length === 4 && second.numbers.length === 4);
  assert.deepEqual(second.numbers, [15, 20, 25, 30]);
});

test('pages that fail are asked for again, and Retry-After is obeyed', async () => {
  server.add(3);
  const feed = connect();
  read(feed, server.head);
  await until(() => feed.state.phase === 'live');
  server.pageScript.push(status(503, { 'retry-after': '1' }), (response) => response.destroy());
  const late = read(feed, START);
  await has(late, 3);
  assert.equal(late.numbers.length, 3);
  const [first, second] = server.of('page');
  assert.ok(second.at - first.at >= 990);
});

test('a position that is lost resets its subscriber alone; a reset of the upstream resets all', async () => {
  server.add(4);
  const feed = connect();
  const good = read(feed, positionOf(2));
  await has(good, 2);
  const bad = read(feed, '77-nowhere');
  await until(() => bad.resets.length === 1);
  assert.deepEqual([bad.resets, good.resets], [['pruned'], []]);
  const other = read(feed, positionOf(3));
  await has(other, 1);
  server.lost.add(server.head);
  server.cut();
  await until(() => good.resets.length && other.resets.length);
  assert.deepEqual([good.resets, other.resets, bad.resets], [['forked'], ['forked'], ['pruned']]);
  // What was known of the history before is not believed any more.
  server.lost.add(positionOf(2)).add(positionOf(3));
  const stale = [read(feed, positionOf(2)), read(feed, positionOf(3))];
  await until(() => stale.every(({ resets }) => resets.length));
  server.lost.clear();
  const again = read(feed, positionOf(4));
  server.add(2);
  await has(again, 2);
  assert.deepEqual([again.numbers, good.numbers], [[5, 6], [3, 4]]);
});

test('an event that comes in one breath with a reset is given before it', async () => {
  const feed = connect();
  const reader = read(feed, START);
  await until(() => feed.state.phase === 'live');
  server.say('id: 1-a\nevent: consent-updated\ndata: {"number":1}\n\nid: 9-b\nevent: reset\ndata: {"reason":"forked"}\n\n');
  await until(() => reader.resets.length === 1);
  assert.deepEqual(reader.numbers, [1]);
});

test('what has closed gets nothing, also in the middle of a batch', async () => {
  server.add(5);
  const feed = connect();
  const numbers = [];
  const subscription = feed.subscribe(START, {
    event({ data }) {
      numbers.push(data.number);
      if (data.number === 3) subscription.close();
    },
  });
  const other = read(feed, START);
  await has(other, 5);
  assert.deepEqual(numbers, [1, 2, 3]);
});

test('a handler that throws harms nobody, and is reported', async () => {
  const reports = [];
  globalThis.reportError = (error) => reports.push(error.message);
  const feed = connect();
  const numbers = [];
  feed.subscribe(START, {
    event({ data }) {
      numbers.push(data.number);
      throw new Error(`at ${data.number}`);
    },
  });
  const other = read(feed, START);
  server.add(2);
  await has(other, 2);
  delete globalThis.reportError;
  assert.deepEqual([numbers, reports], [[1, 2], ['at 1', 'at 2']]);
});

test('who only watches has an upstream as well', async () => {
  const feed = connect();
  const states = [];
  feed.addEventListener('state', (event) => states.push(event.detail));
  await until(() => feed.state.phase === 'live');
  assert.equal(states.at(-1).shared, 'alone');
  assert.equal(server.of('stream')[0].after, null);
  server.add(2);
  const reader = read(feed, START);
  await has(reader, 2);
  assert.deepEqual(reader.numbers, [1, 2]);
});

test('the connection ends with the feed', async () => {
  const feed = connect();
  read(feed, START);
  await until(() => server.streams.size === 1);
  feed.close();
  await until(() => server.streams.size === 0);
});

test('sign-out ends it, also where a page is answered 401', async () => {
  for (const signOut of [(feed) => feed.signOut(), (feed) => (server.pageScript.push(status(401)), read(feed, START))]) {
    server.add();
    const feed = connect();
    read(feed, server.head);
    await until(() => feed.state.phase === 'live');
    signOut(feed);
    await until(() => feed.state.phase === 'signed-out');
    await until(() => server.streams.size === 0);
    const { length } = server.requests;
    read(feed, server.head);
    await new Promise((resolve) => setTimeout(resolve, 200));
    assert.equal(server.requests.length, length);
  }
});

test('a ring forgets the oldest, and knows which they are', () => {
  const ring = new Ring(100);
  ring.restart('0');
  for (let number = 1; number <= 1000; number++) {
    ring.push(`${number}`, { id: `${number}`, event: '', data: number });
    ring.push(`${number}`);
    assert.equal(ring.position, `${number}`);
    for (const back of [0, 1, 50, 99]) {
      const events = ring.after(`${number - back}`);
      if (number >= back) assert.deepEqual(events.map(({ data }) => data), range(number - back, number));
    }
    if (number > 130) assert.equal(ring.after(`${number - 130}`), null);
  }
});

const SEEDS = Number(process.env.FEED_SEEDS ?? 12);

for (let seed = Number(process.env.FEED_FIRST ?? 1); seed <= SEEDS; seed++) {
  test(`whatever happens, every subscriber gets every event after its position once and in order (seed ${seed})`, async () => {
    const random = seeded(seed * 7919);
    const below = (most) => Math.floor(random() * most);
    server.add(below(300));
    server.visible = seed % 3 ? null : below(server.log.length + 1);
    if (seed % 4 === 0) server.filter = ({ data }) => data.number % 3 !== 0;
    const feed = connect({ random });
    const readers = [];
    const acts = [
      () => server.add(1 + below(20)),
      () => server.add(1 + below(150)),
      () => readers.push(start(below(server.log.length + 1))),
      () => readers.push(start(Math.max(0, server.log.length - below(5)))),
      () => readers.length > 1 && readers.splice(below(readers.length), 1)[0].close(),
      () => server.cut(),
      () => server.goodbye('lifetime'),
      () => server.streamScript.push(...Array(below(4)).fill(status(502))) && server.cut(),
      () => server.pageScript.push(status(500)),
      () => server.beat(),
      () => feed.retryNow(),
      () => server.visible !== null && ((server.visible = Math.min(server.log.length, server.visible + below(60))), server.flush()),
    ];
    const start = (from) => Object.assign(read(feed, positionOf(from)), { from });
    readers.push(start(below(server.log.length + 1)));
    for (let step = 0; step < 60; step++) {
      acts[below(acts.length)]();
      if (random() < 0.7) await new Promise((resolve) => setTimeout(resolve, below(12)));
    }
    server.visible = null;
    server.add(3);
    const expected = (from) => range(from, server.log.length).filter((number) => server.filter({ data: { number } }));
    await until(() => readers.every(({ from, numbers }) => numbers.length >= expected(from).length), 'all events', 20);
    for (const { from, numbers, resets } of readers) {
      assert.deepEqual(resets, []);
      assert.deepEqual(numbers, expected(from));
    }
  });
}
