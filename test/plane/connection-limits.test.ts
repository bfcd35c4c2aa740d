import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { test } from 'node:test';
import { limitConnections } from '../../supervisor/plane/api/connection-limits.ts';

const TIMEOUT_MS = 200;

async function listen(): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    incoming.resume();
    if (incoming.url === '/stream') outgoing.write('begun\n');
    else incoming.once('end', () => outgoing.end('done\n'));
  });
  limitConnections(server, TIMEOUT_MS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** What came until the connection ended, and after how long that was. */
async function talk(server: Server, bytes: string): Promise<{ text: string; tookMs: number }> {
  const began = performance.now();
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString()));
  socket.on('error', () => undefined);
  socket.write(bytes);
  await once(socket, 'close');
  return { text, tookMs: performance.now() - began };
}

for (const [what, bytes] of [
  ['no bytes at all', ''],
  ['half a head', 'GET / HTTP/1.1\r\nhost:'],
  ['half a body', 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nhalf'],
] as const) {
  test(`a request that does not get complete is cut off: ${what}`, async () => {
    const server = await listen();
    const { text, tookMs } = await talk(server, bytes);
    assert.equal(text, '');
    assert.ok(tookMs >= TIMEOUT_MS - 50 && tookMs < 5000, `${tookMs} ms`);
    server.close();
  });
}

test('after an answer the next request has the same time', async () => {
  const server = await listen();
  const { text } = await talk(server, 'GET / HTTP/1.1\r\nhost: x\r\n\r\nGET / HTTP/1.1\r\nhost');
  assert.match(text, /done/);
  server.close();
});

test('a stream that has begun is not cut off', async () => {
  const server = await listen();
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET /stream HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'data');
  // Another connection that is cut off tells that the time has passed.
  await talk(server, 'GET');
  assert.equal(socket.destroyed, false);
  assert.equal(socket.readyState, 'open');
  socket.destroy();
  server.close();
});
