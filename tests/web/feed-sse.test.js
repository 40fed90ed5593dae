import assert from 'node:assert/strict';
import { test } from 'node:test';

import { Parser } from '../../consentfeed/web/feed/sse.js';

const NASTY = [
  '\uFEFFretry: 20\nid: a\n\n',
  ': a comment\n:\n\n',
  'id: b\r\nevent: consent-updated\r\ndata: {"name":"කමලා ஒ \u{1F600}"}\r\n\r\n',
  'data:one\rdata:  two\rdata\rid:c\r\r',
  'id: with\0nul\ndata: x\n\n',
  'retry: soon\nretry: -1\nunknown: field\nevent\n\n',
  'event: typed but without data\n\n',
  'id\ndata: its id is empty\n\n',
  '\n\r\n\r\r\n',
  'data: never ended\nid: z\n',
].join('');

const BLOCKS = [
  { id: 'a', event: '', data: null, retry: 20 },
  { id: 'b', event: 'consent-updated', data: '{"name":"කමලා ஒ \u{1F600}"}', retry: null },
  { id: 'c', event: '', data: 'one\n two\n', retry: null },
  { id: null, event: '', data: 'x', retry: null },
  { id: '', event: '', data: 'its id is empty', retry: null },
];

const bytes = new TextEncoder().encode(NASTY);

function parsed(...ends) {
  const parser = new Parser();
  let from = 0;
  return [...ends, bytes.length].flatMap((end) => parser.push(bytes.subarray(from, (from = end))));
}

test('a stream in one piece', () => assert.deepEqual(parsed(), BLOCKS));

test('a stream in two pieces, cut anywhere', () => {
  for (let cut = 0; cut <= bytes.length; cut++) assert.deepEqual(parsed(cut), BLOCKS, `cut at ${cut}`);
});

test('a stream in three pieces, cut anywhere', () => {
  for (let one = 0; one <= bytes.length; one++) {
    for (let two = one; two <= bytes.length; two++) assert.deepEqual(parsed(one, two), BLOCKS, `cut at ${one} and ${two}`);
  }
});

test('a stream byte by byte', () => assert.deepEqual(parsed(...bytes.keys()), BLOCKS));

test('a block is there as soon as its last line has ended', () => {
  const parser = new Parser();
  const push = (text) => parser.push(new TextEncoder().encode(text)).length;
  assert.deepEqual([push('data: x\r'), push('\n'), push('\r'), push('\n')], [0, 0, 1, 0]);
});
