// better-sse on Node: a channel for all clients. node better_sse.mjs PORT
import { createServer } from 'node:http';
import { createChannel, createSession } from 'better-sse';

const channel = createChannel();
const asItIs = { serializer: (data) => data }; // it is JSON already

async function publish(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const data = Buffer.concat(parts).toString();
  channel.broadcast(data, request.headers['x-eventsource-event'], { eventId: request.headers['x-event-id'] });
  response.writeHead(204).end();
}

createServer(async (request, response) => {
  if (request.method === 'POST') return publish(request, response);
  const session = await createSession(request, response, asItIs);
  channel.register(session);
}).listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
