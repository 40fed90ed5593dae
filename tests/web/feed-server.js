// A feed as the contract has it, over a real socket, that can be made to misbehave.

import { once } from 'node:events';
import { createServer } from 'node:http';

export const START = '0-00000000';

export class FeedServer {
  /** Every event there is. */
  log = [];
  /** The ids of positions before which nothing is known. */
  lost = new Set();
  /** Requests, oldest first: {kind: 'stream' | 'page', after, headers, at}. */
  requests = [];
  /** What is answered to the next streams or pages: functions of (request, response); where it is empty, as it should be. */
  streamScript = [];
  pageScript = [];
  /** How many events are on the streams; pages always have all. null: all at once. */
  visible = null;
  heartbeat = 15;
  beats = false;
  /** What streams say of reconnecting, in milliseconds. */
  retry = 20;
  /** Which events are seen at all, of a stream or page that asks with a filter. */
  filter = () => true;
  streams = new Set();

  static async start() {
    const server = new FeedServer();
    server.http = createServer((request, response) => server.#answer(request, response));
    await server.listen(0);
    return server;
  }

  async listen(port = this.port) {
    this.http.listen(port, '127.0.0.1');
    await once(this.http, 'listening');
    this.port = this.http.address().port;
    this.url = `http://127.0.0.1:${this.port}/api/v1/events`;
  }

  /** Refuses everybody, like a process that is not there. */
  async stop() {
    const closed = new Promise((resolve) => this.http.close(resolve));
    this.cut();
    this.http.closeAllConnections();
    await closed;
  }

  async close() {
    clearInterval(this.timer);
    if (this.http.listening) await this.stop();
  }

  get head() {
    return this.log.at(-1)?.id ?? START;
  }

  of(kind) {
    return this.requests.filter((request) => request.kind === kind);
  }

  /** New events, seen by all streams unless `visible` holds them back. */
  add(count = 1, data = {}) {
    for (let i = 0; i < count; i++) {
      const id = `${this.log.length + 1}-${((this.log.length * 2654435761) >>> 0).toString(16).padStart(8, '0')}`;
      this.log.push({ id, event: 'consent-updated', data: { number: this.log.length + 1, timestamp: new Date().toISOString(), ...data } });
    }
    this.flush();
  }

  /** Sends streams what they lack, up to `visible`. */
  flush() {
    for (const stream of this.streams) {
      const upto = this.visible ?? this.log.length;
      const frames = this.log.slice(stream.sent, upto).filter(this.filter).map(frame).join('');
      stream.sent = Math.max(stream.sent, upto);
      if (frames) stream.response.write(frames);
    }
  }

  beat() {
    for (const { response, sent } of this.streams) {
      const id = sent ? this.log[sent - 1].id : START;
      response.write(`id: ${id}\nevent: heartbeat\ndata: {"time":"${new Date().toISOString()}"}\n\n`);
    }
  }

  /** Says the same to all streams. */
  say(text) {
    for (const { response } of this.streams) response.write(text);
  }

  /** Ends all streams, in the middle of whatever was said. */
  cut() {
    for (const { response } of this.streams) response.destroy();
    this.streams.clear();
  }

  goodbye(reason) {
    for (const { response } of this.streams) response.end(`event: goodbye\ndata: {"reason":"${reason}"}\n\n`);
    this.streams.clear();
  }

  #answer(request, response) {
    const url = new URL(request.url, this.url);
    const kind = request.headers.accept === 'text/event-stream' ? 'stream' : 'page';
    const after = request.headers['last-event-id'] ?? url.searchParams.get('after');
    this.requests.push({ kind, after, headers: request.headers, at: Date.now() });
    const script = (kind === 'stream' ? this.streamScript : this.pageScript).shift();
    if (script) script(response, request);
    else if (kind === 'stream') this.open(response, after);
    else this.page(response, after);
  }

  index(after) {
    if (after === null || after === undefined) return this.log.length;
    if (after === START) return 0;
    const index = this.log.findIndex(({ id }) => id === after);
    return index < 0 || this.lost.has(after) ? null : index + 1;
  }

  open(response, after) {
    const index = this.index(after);
    const sent = Math.min(index ?? Infinity, this.log.length);
    const behind = this.log.length - sent;
    response.writeHead(200, { 'content-type': 'text/event-stream', 'consentfeed-heartbeat': this.heartbeat, 'consentfeed-behind': behind });
    const id = sent ? this.log[sent - 1].id : START;
    if (index === null) response.write(`retry: ${this.retry}\n\nid: ${id}\nevent: reset\ndata: {"reason":"forked","snapshot":"/"}\n\n`);
    else response.write(`id: ${id}\nretry: ${this.retry}\n\n`);
    const stream = { response, sent };
    this.streams.add(stream);
    response.on('close', () => this.streams.delete(stream));
    if (this.beats) this.timer ??= setInterval(() => this.beat(), this.heartbeat * 1000);
    this.flush();
  }

  page(response, after, limit = 100) {
    const index = this.index(after);
    if (index === null) return json(response, 410, { reason: 'pruned' });
    const matches = this.log.slice(index).filter(this.filter);
    const events = matches.slice(0, limit);
    const more = matches.length > limit;
    const next = more ? events.at(-1).id : this.log.length > index ? this.head : (after ?? this.head);
    json(response, 200, { events, next, more });
  }
}

export function json(response, status, body, headers = {}) {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(body));
}

/** An answer of this status to whoever is next. */
export const status = (code, headers) => (response) => json(response, code, {}, headers);

export const frame = ({ id, event, data }) => `id: ${id}\nevent: ${event}\ndata: ${JSON.stringify(data)}\n\n`;

/** Waits until this is true. */
export async function until(condition, what = condition.toString(), seconds = 10) {
  for (const end = Date.now() + seconds * 1000; ; ) {
    const value = condition();
    if (value) return value;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

/** Random numbers that are the same each time. */
export function seeded(seed) {
  return () => {
    seed = (seed * 1664525 + 1013904223) >>> 0;
    return seed / 2 ** 32;
  };
}
