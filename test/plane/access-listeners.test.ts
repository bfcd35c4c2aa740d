// TCP listeners without certificates of clients: names and origins, the read-only one, and what stands in the way of a port.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { connect as connectTls, type TLSSocket } from 'node:tls';
import type { ListenerAuthentication, ListenerSpec } from '../../supervisor/core/control-access.ts';
import type { AuditEvent } from '../../supervisor/core/event.ts';
import { ApiKeys } from '../../supervisor/plane/access/api-keys.ts';
import { KeyFile } from '../../supervisor/plane/access/key-file.ts';
import { Refusals } from '../../supervisor/plane/access/refusals.ts';
import { TcpListener } from '../../supervisor/plane/access/tcp-listener.ts';
import { LIMITED_SERVER, limitConnections } from '../../supervisor/plane/api/connection-limits.ts';
import { Authority } from '../support/authority.ts';
import { until, within } from '../support/deadline.ts';
import { service } from './support/fleet-fixture.ts';
import { call } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';
import { refusal, refusalsOf } from './support/refusals.ts';
import { ask, originOf } from './support/remote.ts';

const READ_ONLY: ListenerAuthentication = { kind: 'none', server: undefined };

function listener(extra: Partial<ListenerSpec> = {}): ListenerSpec {
  return { name: 'metrics', address: '127.0.0.1', port: 0, hosts: [], authentication: READ_ONLY, ...extra };
}

async function start(...listeners: readonly ListenerSpec[]): Promise<PlaneRig> {
  return await PlaneRig.start({ services: [service('caddy')], settings: { listeners } });
}

test('the read-only listener shows health to anyone, and refuses all else by name', async () => {
  await using rig = await start(listener());
  const origin = await originOf(rig, 'metrics');
  assert.equal((await ask(origin, '/healthz')).text, 'ok\n');
  assert.equal((await ask(origin, '/v1/health')).json['status'] !== undefined, true);
  assert.equal((await ask(origin, '/nothing')).status, 404);
  for (const [method, path] of [
    ['GET', '/v1/services'],
    ['GET', '/v1/events'],
    ['POST', '/v1/services/caddy/stop'],
    ['POST', '/v1/shutdown'],
    ['GET', '/v1/keys'],
  ] as const) {
    const { status, json } = await ask(origin, path, { method });
    assert.equal(status, 403, path);
    assert.equal(json['code'], 'not-on-this-listener');
    await refusal(rig, ({ action, transport }) => action === `${method} ${path}` && transport === 'plain');
  }
});

const HOSTS: readonly (readonly [host: string, status: number])[] = [
  ['127.0.0.1', 200],
  ['127.0.0.1:9100', 200],
  ['10.11.12.13:80', 200],
  ['[::1]:9100', 200],
  ['localhost', 200],
  ['LocalHost:1', 200],
  ['bosun.example', 200],
  ['BOSUN.example.:443', 200],
  ['evil.example', 403],
  ['localhost.evil.example', 403],
  ['127.0.0.1.evil.example', 403],
  ['bosun.example@evil.example', 400],
  ['bosun.example evil.example', 400],
];

test('only names that are ours are taken from the Host header: DNS rebinding', async (t) => {
  await using rig = await start(listener({ hosts: ['Bosun.Example'] }));
  const origin = await originOf(rig, 'metrics');
  for (const [host, status] of HOSTS)
    await t.test(host, async () => {
      const answer = await ask(origin, '/v1/health', { headers: { host } });
      assert.equal(answer.status === 503 ? 200 : answer.status, status);
      if (status === 403) assert.equal(answer.json['code'], 'host-not-allowed');
    });
  await t.test('none, as HTTP/1.0 allows', async () => {
    const socket = connect(Number(new URL(origin).port), '127.0.0.1');
    socket.write('GET /v1/health HTTP/1.0\r\n\r\n');
    const [answer] = (await once(socket, 'data')) as [Buffer];
    assert.match(answer.toString(), /^HTTP\/1.1 403 /);
    socket.destroy();
  });
  await refusal(rig, ({ reason }) => /Host header/.test(reason));
});

test('a page of another origin is refused, one of the same is not', async () => {
  await using rig = await start(listener());
  const origin = await originOf(rig, 'metrics');
  const from = async (page: string): Promise<number> => {
    const { status } = await ask(origin, '/v1/health', { headers: { origin: page } });
    return status === 503 ? 200 : status;
  };
  assert.equal(await from(origin), 200);
  assert.equal(await from('http://evil.example'), 403);
  assert.equal(await from('http://127.0.0.1:1'), 403);
  assert.equal(await from('null'), 403);
  await refusal(rig, ({ reason }) => /another origin/.test(reason));
});

test('a port that somebody else has is told once and taken when it is free; the socket serves meanwhile', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  await using rig = await start(listener({ port }));
  await rig.until(() => rig.all('note').length > 0, 'listener-failed');
  const [note] = rig.all('note');
  assert.ok(note?.event.type === 'listener-failed');
  assert.equal(note.event.listener, 'metrics');
  assert.match(note.event.reason, /EADDRINUSE/);
  assert.equal((await call(rig.socketPath, '/v1/services')).status, 200);
  await new Promise((resolve) => other.close(resolve));
  assert.equal((await ask(await originOf(rig, 'metrics'), '/healthz')).status, 200);
  assert.equal(rig.all('note').length, 1);
});

test('the names in the certificate are taken from the Host header, others are not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-names-'));
  try {
    const authority = await Authority.create(directory, 'ca');
    const names = 'DNS:bosun.test,DNS:*.pool.test';
    const server = await authority.issue({ subject: '/CN=bosun', names, purpose: 'serverAuth' });
    await using rig = await start(listener({ authentication: { kind: 'none', server } }));
    const origin = await originOf(rig, 'metrics');
    const as = async (host: string): Promise<number> => {
      const { status } = await ask(origin, '/v1/health', { rejectUnauthorized: false, headers: { host } });
      return status === 503 ? 200 : status;
    };
    assert.deepEqual(
      [await as('bosun.test'), await as('a.pool.test'), await as('other.test')],
      [200, 200, 403],
    );
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('a handshake that is not gone on with is cut off and told', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-slow-'));
  try {
    const authority = await Authority.create(directory, 'ca');
    const server = await authority.issue({ subject: '/CN=bosun', names: 'DNS:x', purpose: 'serverAuth' });
    await using rig = await start(listener({ authentication: { kind: 'none', server } }));
    const { port } = new URL(await originOf(rig, 'metrics'));
    const slow = connect(Number(port), '127.0.0.1');
    slow.on('error', () => undefined);
    slow.write(Buffer.from([0x16, 0x03]));
    slow.resume();
    await within('the end of a slow handshake', once(slow, 'close'), 15_000);
    await refusal(rig, ({ reason }) => reason === 'its handshake took too long');
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test('with TLS too a request that does not get complete is cut off, and a stream that has begun is not', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-slow-'));
  const authority = await Authority.create(directory, 'ca');
  const { pem } = await authority.issue({ subject: '/CN=x', names: 'DNS:x', purpose: 'serverAuth' });
  rmSync(directory, { recursive: true });
  const server = createTlsServer({ ...LIMITED_SERVER, ...pem }, (_incoming, outgoing) =>
    outgoing.write('begun\n'),
  );
  limitConnections(server, 200, 'secureConnection');
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const talk = async (bytes: string): Promise<TLSSocket> => {
    const socket = connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false });
    socket.on('error', () => undefined);
    await once(socket, 'secureConnect');
    socket.write(bytes);
    return socket;
  };
  const stream = await talk('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(stream, 'data');
  const slow = await talk('GET / HTTP/1.1\r\nhost:');
  slow.resume();
  await within('the cut', once(slow, 'close'), 5000);
  assert.equal(stream.readyState, 'open');
  stream.destroy();
  server.close();
});

test('a port that is not to be had is tried again and again, and told once', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const notes: AuditEvent[] = [];
  const note = (event: AuditEvent): void => {
    notes.push(event);
  };
  let attempts = 0;
  const tried = new TcpListener({
    spec: listener({ port }),
    mostConnections: 10,
    keys: new ApiKeys(new KeyFile('/dev/null/state'), note),
    serve: () => {
      attempts += 1;
    },
    refusals: new Refusals(note),
    note,
    log: () => undefined,
  });
  tried.listen();
  await until('three attempts', () => attempts >= 3);
  tried.close();
  other.close();
  assert.deepEqual(
    notes.map(({ type }) => type),
    ['listener-failed'],
  );
});

test('more connections than a listener takes are turned away and told, and it serves again', async () => {
  await using rig = await start(listener());
  const origin = await originOf(rig, 'metrics');
  const port = Number(new URL(origin).port);
  const sockets: Socket[] = [];
  while (refusalsOf(rig).length === 0 && sockets.length < 10_000) {
    const more = Array.from({ length: 100 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
    sockets.push(...more);
    await Promise.all(
      more.map(async (socket) => {
        await Promise.race([once(socket, 'connect'), once(socket, 'close')]);
      }),
    );
  }
  await refusal(rig, ({ reason }) => reason === 'there are too many connections');
  assert.equal((await call(rig.socketPath, '/v1/services')).status, 200, 'the socket has its own');
  for (const socket of sockets) socket.destroy();
  const answered = async (): Promise<boolean> =>
    await ask(origin, '/healthz').then(
      ({ status }) => status === 200,
      () => false,
    );
  await until('an answer', answered);
});

test('at the end the ports are free', async () => {
  await using rig = await start(listener());
  const origin = await originOf(rig, 'metrics');
  rig.finish();
  await rig.message('flushed');
  await assert.rejects(ask(origin, '/healthz'), /ECONNREFUSED/);
  assert.deepEqual(refusalsOf(rig), []);
});
