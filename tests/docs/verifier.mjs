// A verifier written from docs/proof.md alone, with node:crypto alone. Reads {"key", "log", "checkpoint", …} as JSON from
// stdin, and prints for each part whether it holds.
import { createHash, createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';

const sha256 = (...parts) => createHash('sha256').update(Buffer.concat(parts)).digest();
const leaf = (hash) => sha256(Buffer.from([0]), hash);
const node = (left, right) => sha256(Buffer.from([1]), left, right);

function root(leaves) {
  if (leaves.length === 1) return leaves[0];
  let k = 1;
  while (k * 2 < leaves.length) k *= 2;
  return node(root(leaves.slice(0, k)), root(leaves.slice(k)));
}

function readKey(text) {
  const [, name, id, base64] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text.trim());
  const raw = Buffer.from(base64, 'base64');
  if (raw.length !== 33 || raw[0] !== 1) throw new Error('no Ed25519 key');
  if (sha256(Buffer.from(`${name}\n`), raw).subarray(0, 4).toString('hex') !== id) throw new Error('key id');
  return { name, id, raw: raw.subarray(1) };
}

function readCheckpoint(note, key) {
  const end = note.lastIndexOf('\n\n');
  const text = note.slice(0, end + 1);
  const x = key.raw.toString('base64url');
  const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const own = note.slice(end + 2).split('\n').filter(Boolean).flatMap((line) => {
    const [dash, name, base64] = line.split(' ');
    const raw = Buffer.from(base64, 'base64');
    const fits = dash === '—' && name === key.name && raw.subarray(0, 4).toString('hex') === key.id;
    return fits ? [raw.subarray(4)] : [];
  });
  if (!own.length || !own.every((signature) => verify(null, Buffer.from(text), publicKey, signature))) {
    throw new Error('signature');
  }
  const [name, size, hash] = text.split('\n');
  if (name !== key.name) throw new Error('name');
  return { size: Number(size), root: Buffer.from(hash, 'base64') };
}

function checkLog(lines, checkpoint) {
  const leaves = [];
  let previous = Buffer.alloc(0);
  for (const line of lines.trim().split('\n')) {
    const { seq, body, hash } = JSON.parse(line);
    const raw = Buffer.from(hash, 'hex');
    if (seq !== leaves.length) return false;
    if (body !== null) {
      if (!sha256(previous, Buffer.from(body)).equals(raw) || JSON.parse(body).seq !== seq) return false;
    }
    previous = raw;
    leaves.push(leaf(raw));
  }
  return leaves.length >= checkpoint.size && root(leaves.slice(0, checkpoint.size)).equals(checkpoint.root);
}

function checkInclusion({ index, size, hashes }, hash, wanted) {
  if (index >= size) return false;
  let [at, last, seen] = [index, size - 1, leaf(hash)];
  const halve = () => { at = Math.floor(at / 2); last = Math.floor(last / 2); };
  for (const text of hashes) {
    const h = Buffer.from(text, 'base64');
    if (last === 0) return false;
    if (at % 2 || at === last) {
      seen = node(h, seen);
      while (at % 2 === 0 && at !== 0) halve();
    } else seen = node(seen, h);
    halve();
  }
  return last === 0 && seen.equals(wanted);
}

function checkConsistency({ index: from, size: to, hashes }, earlierRoot, laterRoot) {
  const path = hashes.map((text) => Buffer.from(text, 'base64'));
  if (from === to) return !path.length && earlierRoot.equals(laterRoot);
  if (Number.isInteger(Math.log2(from))) path.unshift(earlierRoot);
  let [at, last] = [from - 1, to - 1];
  const halve = () => { at = Math.floor(at / 2); last = Math.floor(last / 2); };
  while (at % 2) halve();
  if (!path.length) return false;
  let [earlier, later] = [path[0], path[0]];
  for (const h of path.slice(1)) {
    if (last === 0) return false;
    if (at % 2 || at === last) {
      [earlier, later] = [node(h, earlier), node(h, later)];
      while (at % 2 === 0 && at !== 0) halve();
    } else later = node(later, h);
    halve();
  }
  return last === 0 && earlier.equals(earlierRoot) && later.equals(laterRoot);
}

function checkEvidence({ consent, notices, events, checkpoint: note }, key) {
  const checkpoint = readCheckpoint(note, key);
  const versions = events.map(({ body: text, previous_hash: previous, hash, proof }) => {
    const body = JSON.parse(text);
    const raw = Buffer.from(hash, 'hex');
    if (!sha256(Buffer.from(previous ?? '', 'hex'), Buffer.from(text)).equals(raw)) throw new Error('hash');
    if (body.consent_id !== consent.id || body.customer_id !== consent.customer_id) throw new Error('consent');
    if (proof.index !== body.seq || proof.size !== checkpoint.size) throw new Error('proof of another event');
    if (!checkInclusion(proof, raw, checkpoint.root)) throw new Error('proof');
    const { notice } = body.consent;
    if (notice) {
      const shown = notices.find((one) => one.version === notice.version && one.language === notice.language);
      if (sha256(Buffer.from(shown.text)).toString('hex') !== notice.sha256) throw new Error('notice');
    }
    return body.consent.version;
  });
  return versions.every((version, nth) => version === versions[0] + nth) && versions.at(-1) === consent.version;
}

const given = JSON.parse(readFileSync(0, 'utf8'));
if (given.evidence) {
  let holds;
  try {
    holds = checkEvidence(given.evidence, readKey(given.key));
  } catch {
    holds = false;
  }
  console.log(JSON.stringify({ evidence: holds }));
  process.exit(0);
}
const key = readKey(given.key);
const checkpoint = readCheckpoint(given.checkpoint, key);
const result = { size: checkpoint.size };
if (given.log) {
  result.log = checkLog(given.log, checkpoint);
  const events = given.log.trim().split('\n').map((line) => JSON.parse(line));
  if (given.inclusion) {
    const hash = Buffer.from(events[given.inclusion.index].hash, 'hex');
    result.inclusion = checkInclusion(given.inclusion, hash, checkpoint.root);
  }
}
if (given.consistency) {
  result.consistency = checkConsistency(given.consistency, readCheckpoint(given.earlier, key).root, checkpoint.root);
}
console.log(JSON.stringify(result));
