// API keys: the first one, and how they are made, rotated and revoked; what is on the disk, and what happens when that is broken.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import type { ListenerSpec } from '../../supervisor/core/control-access.ts';
import { keysView, newKeyView, type NewKeyView } from '../../supervisor/wire/key-view.ts';
import { until, within } from '../support/deadline.ts';
import { service } from './support/fleet-fixture.ts';
import { call } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';
import { refusal } from './support/refusals.ts';
import { ask, originOf, type RemoteAnswer } from './support/remote.ts';

const LISTENER: ListenerSpec = {
  name: 'keyed',
  address: '127.0.0.1',
  port: 0,
  hosts: [],
  authentication: { kind: 'api-key', server: undefined },
};

class Keyed implements AsyncDisposable {
  readonly rig: PlaneRig;

  constructor(stateDir?: string) {
    this.rig = PlaneRig.begin({
      services: [service('caddy')],
      settings: { listeners: [LISTENER], ...(stateDir === undefined ? {} : { stateDir }) },
      engine: () => ({ kind: 'accepted', services: [] }),
    });
  }

  file(name: string): string {
    return join(this.rig.directory, 'state', name);
  }

  /** The one that is made at the first start. */
  async firstKey(): Promise<string> {
    await originOf(this.rig, 'keyed');
    return readFileSync(this.file('api-key'), 'utf8').trim();
  }

  async ask(key: string | undefined, path: string, method = 'GET', body?: object): Promise<RemoteAnswer> {
    const headers = key === undefined ? {} : { 'x-api-key': key };
    const options = { headers: { ...headers, 'content-type': 'application/json' }, method };
    return await ask(
      await originOf(this.rig, 'keyed'),
      path,
      body === undefined ? options : { ...options, body: JSON.stringify(body) },
    );
  }

  async status(key: string | undefined): Promise<number> {
    return (await this.ask(key, '/v1/services')).status;
  }

  /** On the control socket, where no key is needed. */
  async make(name: string, role: string): Promise<NewKeyView> {
    return await this.change('/v1/keys', { name, role });
  }

  async change(path: string, body?: object): Promise<NewKeyView> {
    const answer = await call(this.rig.socketPath, path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.ok(answer.status < 300, answer.text);
    return newKeyView.parse(answer.json);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
  }
}

test('the first start makes one key, an admin, for whoever can read the file; others get nothing', async () => {
  await using keyed = new Keyed();
  const key = await keyed.firstKey();
  assert.match(key, /^bosun_[0-9a-f]{8}_[A-Za-z0-9_-]{43}$/);
  for (const file of ['api-key', 'api-keys.json'])
    assert.equal(statSync(keyed.file(file)).mode & 0o777, 0o600, file);
  const secret = key.split('_').slice(2).join('_');
  assert.ok(!readFileSync(keyed.file('api-keys.json'), 'utf8').includes(secret), 'only its hash is kept');
  assert.equal(await keyed.status(key), 200);
  assert.equal((await keyed.ask(key, '/v1/shutdown', 'POST')).status, 202);
  const [command] = keyed.rig.all('command');
  assert.equal(command?.command.actor, `key:${key.slice(6, 14)}`);
  assert.equal((await keyed.ask(undefined, '/healthz')).status, 200);
  assert.ok(!keyed.rig.output.includes(secret), 'the key is not in the log');
});

test('no key, a wrong one and one of another Bosun are refused with 401 and told', async () => {
  await using keyed = new Keyed();
  const key = await keyed.firstKey();
  const none = await keyed.ask(undefined, '/v1/services');
  assert.deepEqual([none.status, none.json['code']], [401, 'key-required']);
  assert.equal(none.headers['www-authenticate'], 'ApiKey');
  await refusal(keyed.rig, ({ reason }) => reason === 'it showed no API key');
  const last = key.at(-1) === 'A' ? 'B' : 'A';
  for (const wrong of [
    `${key.slice(0, -1)}${last}`,
    key.replace('bosun_', 'bosun_0'),
    'x',
    `${key} `.repeat(50),
  ]) {
    const refused = await keyed.ask(wrong, '/v1/services');
    assert.deepEqual([refused.status, refused.json['code']], [401, 'key-refused']);
  }
  const told = await refusal(keyed.rig, ({ reason }) => reason === 'its API key is not known');
  assert.deepEqual([told.transport, told.peer, told.action], ['api-key', '127.0.0.1', 'GET /v1/services']);
});

test('each key has its role, several are good at once, and the secret is shown once', async () => {
  await using keyed = new Keyed();
  await keyed.firstKey();
  const reader = await keyed.make('reader', 'observe');
  const robot = await keyed.make('robot', 'control');
  const rights = async ({ key }: NewKeyView): Promise<readonly number[]> => [
    await keyed.status(key),
    (await keyed.ask(key, '/v1/services/caddy/stop', 'POST')).status,
    (await keyed.ask(key, '/v1/keys')).status,
  ];
  assert.deepEqual(await rights(reader), [200, 403, 403]);
  assert.deepEqual(await rights(robot), [200, 202, 403]);
  await refusal(keyed.rig, ({ peer }) => peer === `key:${reader.id} reader (127.0.0.1)`);
  const listed = await call(keyed.rig.socketPath, '/v1/keys');
  const { keys } = keysView.parse(listed.json);
  assert.deepEqual(
    keys.map(({ name, role }) => `${name} ${role}`),
    ['first admin', 'reader observe', 'robot control'],
  );
  assert.ok(!listed.text.includes(reader.key.slice(15)));
  const changes = keyed.rig
    .all('note')
    .flatMap(({ event, actor }) => (event.type === 'key-changed' ? [[event.change, event.name, actor]] : []));
  assert.deepEqual(changes, [
    ['created', 'first', 'bosun'],
    ['created', 'reader', `uid:${process.getuid?.() ?? 0}`],
    ['created', 'robot', `uid:${process.getuid?.() ?? 0}`],
  ]);
});

test('a rotation ends the old key at once, or later; a revocation ends it and what it has open', async () => {
  await using keyed = new Keyed();
  await keyed.firstKey();
  const old = await keyed.make('robot', 'observe');
  const next = await keyed.change(`/v1/keys/${old.id}/rotate?overlap=10m`);
  assert.equal(next.name, 'robot');
  assert.equal(next.replaces?.id, old.id);
  const leftMs = Date.parse(next.replaces.expires ?? '') - Date.now();
  assert.ok(leftMs > 590_000 && leftMs <= 600_000, `${leftMs} ms`);
  assert.deepEqual([await keyed.status(old.key), await keyed.status(next.key)], [200, 200]);
  const last = await keyed.change(`/v1/keys/${next.id}/rotate`);
  assert.equal(last.replaces?.expires, null);
  assert.deepEqual([await keyed.status(next.key), await keyed.status(last.key)], [401, 200]);

  const outgoing = request(new URL('/v1/events', await originOf(keyed.rig, 'keyed')), {
    headers: { accept: 'text/event-stream', 'x-api-key': last.key },
    agent: false,
  }).end();
  const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
  incoming.on('error', () => undefined).resume();
  const ended = new Promise((resolve) => incoming.once('close', resolve));
  const revoked = await call(keyed.rig.socketPath, `/v1/keys/${last.id}/revoke`, { method: 'POST' });
  assert.equal(revoked.status, 200, revoked.text);
  await within('the end of the stream', ended);
  assert.equal(await keyed.status(last.key), 401);
  const unknown = await call(keyed.rig.socketPath, `/v1/keys/${last.id}/revoke`, { method: 'POST' });
  assert.deepEqual([unknown.status, unknown.json['code']], [404, 'key-not-found']);
});

test('an overlap ends by itself, also for what is open', async () => {
  await using keyed = new Keyed();
  await keyed.firstKey();
  const old = await keyed.make('robot', 'observe');
  const outgoing = request(new URL('/v1/events', await originOf(keyed.rig, 'keyed')), {
    headers: { accept: 'text/event-stream', 'x-api-key': old.key },
    agent: false,
  }).end();
  const [incoming] = (await once(outgoing, 'response')) as [NodeJS.ReadableStream];
  incoming.on('error', () => undefined).resume();
  const ended = new Promise((resolve) => incoming.once('close', resolve));
  await keyed.change(`/v1/keys/${old.id}/rotate?overlap=300ms`);
  await within('the end of the stream', ended);
  assert.equal(await keyed.status(old.key), 401);
});

test('rotating the first key keeps its file of use, and the keys outlive the control plane', async () => {
  await using keyed = new Keyed();
  const first = await keyed.firstKey();
  const next = await keyed.change(`/v1/keys/${first.slice(6, 14)}/rotate`);
  assert.equal(readFileSync(keyed.file('api-key'), 'utf8').trim(), next.key);
  keyed.rig.crash();
  await keyed.rig.message('worker-exit');
  const before = keyed.rig.output.length;
  await keyed.rig.restartWorker();
  await keyed.rig.until(
    () => keyed.rig.output.subarray(before).includes('listener keyed: http'),
    'the listener',
  );
  const origin = /listener keyed: (http\S+)/.exec(keyed.rig.output.subarray(before).toString())?.[1] ?? '';
  const as = async (key: string): Promise<number> =>
    (await ask(origin, '/v1/services', { headers: { 'x-api-key': key } })).status;
  assert.deepEqual([await as(first), await as(next.key)], [401, 200]);
  assert.equal(readFileSync(keyed.file('api-key'), 'utf8').trim(), next.key);
});

test('a broken file is told and never written over, and is taken when it is mended', async () => {
  await using rig = await PlaneRig.start({ services: [service('caddy')] });
  const state = join(rig.directory, 'state');
  mkdirSync(state, { recursive: true });
  const path = join(state, 'api-keys.json');
  const broken = '{"version":1,"keys":[{"id":"';
  writeFileSync(path, broken);
  const body = JSON.stringify({ name: 'x', role: 'observe' });
  const post = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
  const refused = await call(rig.socketPath, '/v1/keys', post);
  assert.deepEqual([refused.status, refused.json['code']], [503, 'keys-unavailable']);
  assert.match(String(refused.json['detail']), /api-keys\.json/);
  assert.equal(readFileSync(path, 'utf8'), broken);
  assert.equal(existsSync(`${path}.new`), false);
  writeFileSync(path, '{"version":1,"keys":[]}');
  await until('a key', async () => (await call(rig.socketPath, '/v1/keys', post)).status === 201);
});

test('a listener whose keys cannot be had says so and does not open', async () => {
  await using keyed = new Keyed('/dev/null/state');
  const failures = (): readonly string[] =>
    keyed.rig.all('note').flatMap(({ event }) => (event.type === 'listener-failed' ? [event.reason] : []));
  await keyed.rig.until(() => failures().length > 0, 'listener-failed');
  await keyed.rig.message('listening');
  assert.match(failures()[0] ?? '', /^the API keys cannot be had: .*ENOTDIR.*\/dev\/null\/state/);
  assert.equal((await call(keyed.rig.socketPath, '/v1/services')).status, 200);
});
