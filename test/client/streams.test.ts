import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { after, before, test } from 'node:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type BosunClient, type ConnectOptions } from '../../supervisor/client.ts';
import { Authority, type Issued } from './support/authority.ts';
import { NetworkServer, type Answer } from './support/network-server.ts';

let authority: Authority;
let server: Issued;
let directory: string;

before(async () => {
  authority = await Authority.create();
  server = await authority.issue({ subject: '/CN=server', names: ['IP:127.0.0.1'] });
  directory = mkdtempSync(join(tmpdir(), 'bosun-streams-'));
});
after(() => {
  authority[Symbol.dispose]();
  rmSync(directory, { recursive: true });
});

function writeEvent(response: ServerResponse, id: number): void {
  response.write(`id: ${id}\nevent: ready\ndata: ${JSON.stringify({ id })}\n\n`);
}

/** Two events for each connection, and then it breaks; the fifth and sixth at the third. */
const twoEach: Answer = (_request, response, number) => {
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  writeEvent(response, number * 2 - 1);
  response.write(`id: ${number * 2}\nevent: ready\ndata: ${JSON.stringify({ id: number * 2 })}\n\n`, () =>
    response.socket?.destroy(),
  );
};

async function follow(client: BosunClient, count: number): Promise<number[]> {
  const ids: number[] = [];
  for await (const streamed of client.followEvents({ after: 0, types: ['ready'] })) {
    ids.push(streamed.kind === 'event' ? streamed.event.id : -1);
    if (ids.length === count) break;
  }
  return ids;
}

const WAYS: readonly (readonly [string, 'tls' | 'plain', (port: number) => ConnectOptions])[] = [
  ['TLS', 'tls', (port) => ({ address: '127.0.0.1', port, certificateAuthority: authority.pem })],
  [
    'trust on first use',
    'tls',
    (port) => ({
      address: '127.0.0.1',
      port,
      trustOnFirstUse: { knownHosts: join(directory, 'known_hosts') },
    }),
  ],
  ['plain TCP', 'plain', (port) => ({ address: '127.0.0.1', port, plaintext: true })],
];

for (const [name, kind, options] of WAYS) {
  test(`a stream comes back with its cursor over ${name}`, async () => {
    await using bosun = await NetworkServer.start(kind === 'tls' ? server : undefined, {}, twoEach);
    assert.deepEqual(await follow(connect(options(bosun.port)), 6), [1, 2, 3, 4, 5, 6]);
    assert.deepEqual(
      bosun.asked.map(({ url }) => url),
      [0, 2, 4].map((after) => `/v1/events?type=ready&after=${after}`),
    );
  });
}

test('a stream that has never opened, or is refused when it comes back, ends at once with the reason', async () => {
  await using bosun = await NetworkServer.start(undefined, {}, (request, response, number) => {
    if (number === 1) response.socket?.destroy();
    else if (number === 2) twoEach(request, response, 1);
    else
      response
        .writeHead(403, { 'content-type': 'application/problem+json' })
        .end('{"code":"not-allowed","detail":"revoked","next":"ask"}');
  });
  const client = connect({ address: '127.0.0.1', port: bosun.port, plaintext: true });
  await assert.rejects(follow(client, 6), { name: 'BosunUnreachable', code: 'ECONNRESET' });
  await assert.rejects(follow(client, 6), { name: 'BosunProblem', message: 'revoked' });
  assert.equal(bosun.asked.length, 3);
});

test('a stream that always ends at once is given up', async () => {
  await using bosun = await NetworkServer.start(undefined, {}, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' }).end();
  });
  const client = connect({ address: '127.0.0.1', port: bosun.port, plaintext: true });
  await assert.rejects(follow(client, 1), {
    code: 'connection-lost',
    message: /ends whenever it is asked for$/,
  });
  assert.ok(bosun.asked.length > 2);
});

test('leaving the loop closes the connection', async () => {
  const closed = Promise.withResolvers<undefined>();
  await using bosun = await NetworkServer.start(server, {}, (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.on('close', () => {
      closed.resolve(undefined);
    });
    writeEvent(response, 1);
  });
  const client = connect({ address: '127.0.0.1', port: bosun.port, certificateAuthority: authority.pem });
  assert.deepEqual(await follow(client, 1), [1]);
  await closed.promise;
});
