// Several requests on one connection before the first is answered: one after the other, not too many, and none is left over when the
// connection is gone.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { until, within } from '../support/deadline.ts';
import { service } from './support/fleet-fixture.ts';
import { call, open } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';

const MOST_STREAMS = 500;
const HOST = 'Host: x\r\n\r\n';
const WAITING = `GET /v1/services?at_least=999999&wait=10m HTTP/1.1\r\n${HOST}`;
const STREAM = `GET /v1/events HTTP/1.1\r\nAccept: text/event-stream\r\n${HOST}`;
const UPGRADE = `GET /v1/version HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: x\r\n${HOST}`;

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({ services: [service('caddy')] });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

async function send(bytes: string): Promise<Socket> {
  const socket = connect(rig.socketPath);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(bytes);
  return socket;
}

/** With an error or without. */
async function closed(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => {
    socket.once('close', () => {
      resolve();
    });
  });
}

async function isServing(): Promise<void> {
  assert.equal((await call(rig.socketPath, '/v1/version')).status, 200);
}

test('each is answered, in order', async () => {
  const socket = await send(
    `GET /v1/version HTTP/1.1\r\n${HOST}GET /v1/none HTTP/1.1\r\n${HOST}GET /healthz HTTP/1.1\r\nConnection: close\r\n${HOST}`,
  );
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await within('the last answer', closed(socket), 10_000);
  assert.deepEqual(text.match(/^HTTP\/1.1 \d+/gm), ['HTTP/1.1 200', 'HTTP/1.1 404', 'HTTP/1.1 200']);
});

test('more than a few behind one that waits, and the connection is cut off', async () => {
  const socket = await send(WAITING.repeat(2000));
  socket.resume();
  await within('the cut', closed(socket), 10_000);
  await isServing();
});

test('what all connections together have waiting has an end too', async () => {
  const sockets = await Promise.all(Array.from({ length: 60 }, async () => await send(WAITING.repeat(16))));
  for (const socket of sockets) socket.resume();
  await until('one is cut off', () => sockets.some(({ closed }) => closed));
  for (const socket of sockets) socket.destroy();
  await isServing();
});

test('an upgrade behind one that waits cuts the connection, and nothing else', async () => {
  const socket = await send(WAITING + UPGRADE);
  socket.resume();
  await within('the cut', closed(socket), 10_000);
  await isServing();
});

test('of streams behind one that waits nothing is left when the connection is gone', async () => {
  for (let streams = 0; streams <= MOST_STREAMS; streams += 10) {
    const socket = await send(`GET /v1/version HTTP/1.1\r\n${HOST}${WAITING}${STREAM.repeat(10)}`);
    // The first answer: what came after it has been read.
    await once(socket, 'data');
    socket.destroy();
  }
  const stream = await open(rig.socketPath, '/v1/events', { headers: { accept: 'text/event-stream' } });
  assert.equal(stream.statusCode, 200);
  stream.destroy();
});
