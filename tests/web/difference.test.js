// The difference between two texts: nothing of either is lost, and what stays is told from what does not.

import assert from 'node:assert/strict';
import { test } from 'node:test';

import { difference } from '../../consentfeed/web/admin/difference.js';

/** Both texts again, from the pieces. @param {{kind: string, text: string}[]} pieces */
const both = (pieces) => ['new', 'gone'].map((other) => pieces.filter(({ kind }) => kind !== other).map(({ text }) => text).join(''));

const CASES = [
  ['', ''],
  ['', 'All is new.'],
  ['All is gone.', ''],
  ['The same.', 'The same.'],
  ['We send offers by SMS.', 'We send offers by SMS and e-mail.'],
  ['a b c d e', 'a x c y e'],
  ['one\n\ntwo', 'one\ntwo'],
  ['  blanks  at ends ', 'blanks at  ends'],
  ['ඔබට අලුත් දීමනා', 'ඔබට දීමනා'],
  ['நாங்கள் அனுப்புவோம்', 'நாங்கள் இனி அனுப்புவோம்'],
];

for (const [before, now] of CASES) {
  test(`nothing is lost between “${before}” and “${now}”`, () => {
    assert.deepEqual(both(difference(before, now)), [before, now]);
  });
}

test('what stays, goes and comes', () => {
  const pieces = difference('We send you offers by SMS.', 'We send you news and offers by e-mail.');
  assert.deepEqual(pieces, [
    { kind: 'same', text: 'We send you ' },
    { kind: 'new', text: 'news and ' },
    { kind: 'same', text: 'offers by ' },
    { kind: 'gone', text: 'SMS.' },
    { kind: 'new', text: 'e-mail.' },
  ]);
});

test('a phrase that is replaced is one piece, not word by word', () => {
  const pieces = difference('You agree to all of this here.', 'You say yes here.');
  assert.deepEqual(pieces.map(({ kind }) => kind), ['same', 'gone', 'new', 'same']);
});

test('long texts take their lines, or the whole, and no minutes', () => {
  const words = Array.from({ length: 5000 }, (_, index) => `word${index}`);
  const [before, now] = [words.join(' '), [...words.slice(0, 2500), 'another', ...words.slice(2500)].join(' ')];
  assert.deepEqual(both(difference(before, now)), [before, now]);
  const lines = words.map((word) => `${word} ${word} ${word}`);
  const pieces = difference(lines.slice(0, 1500).join('\n'), ['first', ...lines.slice(0, 1500)].join('\n'));
  assert.deepEqual(pieces.map(({ kind }) => kind).includes('same'), false, 'too many words and lines');
  const few = difference(lines.slice(0, 900).join('\n'), ['first', ...lines.slice(0, 900)].join('\n'));
  assert.deepEqual(few.map(({ kind }) => kind), ['new', 'same']);
});
