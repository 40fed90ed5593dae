// The difference between two texts, word by word: what stays, what goes and what comes.

/** @typedef {{kind: 'same' | 'gone' | 'new', text: string}} Piece */

// Of a table with a number for each pair of words: beyond it, texts are compared line by line, and then as a whole.
const MOST_PAIRS = 4_000_000;

/** @param {string} before @param {string} now @returns {Piece[]} */
export function difference(before, now) {
  for (const unit of [/(\s+)/, /(\n)/]) {
    const [one, other] = [before, now].map((text) => text.split(unit).filter(Boolean));
    if (one.length * other.length <= MOST_PAIRS) return joined(piecesOf(one, other));
  }
  return joined([{ kind: 'gone', text: before }, { kind: 'new', text: now }]);
}

/** By the longest common subsequence. @param {string[]} before @param {string[]} now @returns {Piece[]} */
function piecesOf(before, now) {
  const common = lengths(before, now);
  const width = now.length + 1;
  /** @type {Piece[]} */
  const pieces = [];
  let [at, to] = [0, 0];
  while (at < before.length || to < now.length) {
    if (at < before.length && to < now.length && before[at] === now[to]) pieces.push({ kind: 'same', text: before[(at++, to++, at - 1)] });
    else if (to >= now.length || (at < before.length && common[(at + 1) * width + to] >= common[at * width + to + 1])) pieces.push({ kind: 'gone', text: before[at++] });
    else pieces.push({ kind: 'new', text: now[to++] });
  }
  return pieces;
}

/** How much the rest from each pair of places on has in common. @param {string[]} before @param {string[]} now */
function lengths(before, now) {
  const width = now.length + 1;
  const table = new Uint32Array((before.length + 1) * width);
  for (let at = before.length - 1; at >= 0; at--) {
    for (let to = now.length - 1; to >= 0; to--) {
      const place = at * width + to;
      table[place] = before[at] === now[to] ? table[place + width + 1] + 1 : Math.max(table[place + width], table[place + 1]);
    }
  }
  return table;
}

/** Neighbours of one kind as one; a blank that stays between two that change goes with them, so that phrases are read as such.
 * @param {Piece[]} pieces @returns {Piece[]} */
function joined(pieces) {
  /** @type {Piece[]} */
  const all = [];
  let [gone, added] = ['', ''];
  const flush = () => {
    if (gone) all.push({ kind: 'gone', text: gone });
    if (added) all.push({ kind: 'new', text: added });
    [gone, added] = ['', ''];
  };
  for (const [index, { kind, text }] of pieces.entries()) {
    const isBetween = kind === 'same' && !text.trim() && (gone || added) && pieces[index + 1] && pieces[index + 1].kind !== 'same';
    if (kind === 'gone' || isBetween) gone += text;
    if (kind === 'new' || isBetween) added += text;
    if (kind !== 'same' || isBetween) continue;
    flush();
    const last = all.at(-1);
    if (last?.kind === 'same') last.text += text;
    else all.push({ kind, text });
  }
  flush();
  return all;
}
