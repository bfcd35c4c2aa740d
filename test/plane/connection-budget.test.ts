import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { test } from 'node:test';
import { keepRoomFor, mostConnections } from '../../supervisor/plane/api/connection-budget.ts';
import { within } from '../support/deadline.ts';

test('half of the descriptors are left for services, whatever the number of listeners', () => {
  for (const openFiles of [1024, 4096, 1_048_576])
    for (const listeners of [1, 2, 5]) {
      const all = mostConnections(1, openFiles) + listeners * mostConnections(listeners, openFiles);
      assert.ok(all <= openFiles / 2, `${all} of ${openFiles} with ${listeners} listeners`);
    }
});

test('with descriptors enough there are 2048, and never so few that nobody can ask', () => {
  assert.equal(mostConnections(1, Infinity), 2048);
  assert.equal(mostConnections(3, 1_048_576), 2048);
  assert.equal(mostConnections(3, 64), 32);
});

test('the last connections are for those who are preferred', async () => {
  const server = createServer();
  server.maxConnections = 20;
  let isPreferred = false;
  keepRoomFor(server, () => isPreferred);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const sockets: Socket[] = [];
  const join = async (): Promise<Socket> => {
    const taken = once(server, 'connection');
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    sockets.push(socket);
    await taken;
    return socket;
  };
  for (let count = 0; count < 4; count += 1) await join();
  await within('the cut', once(await join(), 'close'), 5000);
  isPreferred = true;
  const preferred = await join();
  preferred.write('GET / HTTP/1.1\r\nhost:');
  assert.ok(sockets.slice(0, 4).every(({ closed }) => !closed));
  assert.equal(preferred.closed, false);
  for (const socket of sockets) socket.destroy();
  server.close();
});
