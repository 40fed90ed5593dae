import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { Host } from '../../consentfeed/web/feed/host.js';
import { FeedServer, START, until } from './feed-server.js';

const OPTIONS = { pollSeconds: 0.1, retrySeconds: 0.02, goodbyeSeconds: 0.02, patienceSeconds: 0.1 };

let server;
let host;
let ports;

beforeEach(async () => {
  [host, ports] = [new Host(), []];
  server = await FeedServer.start();
});
afterEach(async () => {
  host.close();
  for (const port of ports) port.close();
  await server.close();
});

/** A tab's end of a port to the host, with what came to it, by the numbers of its subscriptions. */
function join() {
  const { port1, port2 } = new MessageChannel();
  const tab = { phase: '', numbers: {}, resets: {}, post: (request) => port1.postMessage(request) };
  port1.onmessage = ({ data: { type, number, events, reason, state } }) => {
    if (type === 'state') tab.phase = state.phase;
    if (type === 'events') (tab.numbers[number] ??= []).push(...events.map(({ data }) => data.number));
    if (type === 'reset') tab.resets[number] = reason;
  };
  ports.push(port1);
  host.serve(port2);
  tab.post({ type: 'join', options: { ...OPTIONS, url: server.url }, lock: null });
  return tab;
}

const subscribe = (tab, number, position = START) => tab.post({ type: 'subscribe', number, position });

test('tabs share a stream, number their own subscriptions, and take them along when they leave', async () => {
  server.add(2);
  const [first, second] = [join(), join()];
  subscribe(first, 1);
  subscribe(first, 2);
  subscribe(second, 1);
  await until(() => second.numbers[1]?.length === 2 && first.numbers[1]?.length === 2 && first.numbers[2]?.length === 2);
  first.post({ type: 'unsubscribe', number: 1 });
  first.post({ type: 'retry' }); // does nothing while all is well
  subscribe(first, 3);
  await until(() => first.numbers[3]?.length === 2); // so the host has read what came before
  server.add();
  await until(() => first.numbers[2].length === 3 && first.numbers[3].length === 3 && second.numbers[1].length === 3);
  first.post({ type: 'leave' });
  subscribe(second, 2);
  await until(() => second.numbers[2]?.length === 3); // so the host has read what came before
  server.add();
  await until(() => second.numbers[1].length === 4 && second.numbers[2].length === 4);
  assert.deepEqual(first.numbers, { 1: [1, 2], 2: [1, 2, 3], 3: [1, 2, 3] });
  assert.equal(server.of('stream').length, 1);
  assert.equal(server.streams.size, 1);
  second.post({ type: 'leave' });
  await until(() => server.streams.size === 0);
});

test('a tab that leaves ends the reading of its subscribers, and nobody else\'s', async () => {
  server.add(3);
  const [first, second] = [join(), join()];
  subscribe(first, 1, server.head);
  await until(() => first.phase === 'live');
  let page = 'none';
  server.pageScript.push((response) => {
    page = 'open';
    response.on('close', () => (page = 'ended'));
  });
  subscribe(second, 1);
  await until(() => page === 'open');
  second.post({ type: 'leave' });
  await until(() => page === 'ended');
  server.add();
  await until(() => first.numbers[1]?.length === 1);
});

test('a subscription that was reset may be begun again under its number', async () => {
  server.add(3);
  const tab = join();
  subscribe(tab, 1, server.head);
  await until(() => tab.phase === 'live');
  subscribe(tab, 2, '77-nowhere');
  await until(() => tab.resets[2] === 'pruned');
  subscribe(tab, 2);
  await until(() => tab.numbers[2]?.length === 3);
  tab.post({ type: 'unsubscribe', number: 2 });
  server.add();
  await until(() => tab.numbers[1]?.length === 1);
  assert.deepEqual(tab.numbers, { 1: [4], 2: [1, 2, 3] });
});

test('who signs out ends the stream for all tabs of the host, and who joins then begins anew', async () => {
  const tabs = [join(), join()];
  for (const tab of tabs) subscribe(tab, 1);
  await until(() => tabs.every(({ phase }) => phase === 'live'));
  tabs[0].post({ type: 'sign-out' });
  await until(() => tabs.every(({ phase }) => phase === 'signed-out') && server.streams.size === 0);
  const next = join();
  subscribe(next, 1);
  await until(() => next.phase === 'live');
  assert.deepEqual(tabs.map(({ phase }) => phase), ['signed-out', 'signed-out']);
});
