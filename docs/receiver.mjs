// A receiver of webhooks in Node, with its standard library alone: SECRET=whsec_… PORT=8080 node receiver.mjs

import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const key = Buffer.from(process.env.SECRET.replace('whsec_', ''), 'base64');
const seen = new Set(); // in a database, with what came of the event, where it has to survive a restart

function isGenuine(headers, body) {
  const [id, timestamp, signatures] = ['id', 'timestamp', 'signature'].map((name) => headers[`webhook-${name}`] ?? '');
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > 300) return false;
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  return signatures.split(' ').some((signature) => {
    const given = Buffer.from(signature.replace('v1,', ''), 'base64');
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

createServer(async (request, answer) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  if (!isGenuine(request.headers, body)) return answer.writeHead(401).end();
  const message = JSON.parse(body);
  for (const event of message.events ?? [message]) {
    if (seen.has(event.id)) continue; // it has come again
    seen.add(event.id);
    console.log(event.id, event.type, event.data.type ?? '');
  }
  answer.writeHead(204).end();
}).listen(Number(process.env.PORT ?? 8080));
