import assert from 'node:assert/strict';
import { createConnection } from 'node:net';
import { after, before, test } from 'node:test';
import { eventsView } from '../../supervisor/wire/event-view.ts';
import { commandView, healthView, versionView } from '../../supervisor/wire/fleet-view.ts';
import { PROBLEMS } from '../../supervisor/wire/problem.ts';
import { servicesView, serviceView } from '../../supervisor/wire/service-view.ts';
import { ROUTES } from '../../supervisor/plane/api/routes.ts';
import { comesUp, failsWith, name, service } from './support/fleet-fixture.ts';
import { needs } from '../support/specs.ts';
import { call } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';

let rig: PlaneRig;

before(async () => {
  rig = await PlaneRig.start({
    services: [
      service('consul'),
      service('caddy', { dependsOn: [needs('consul')] }),
      service('nomad', { eligibility: { kind: 'skipped', reason: 'no nomad in PATH' } }),
    ],
    history: [
      ...comesUp('consul', 1),
      ...failsWith('consul', 1, 3, 60_000),
      { type: 'waiting', service: name('caddy') },
      { type: 'skipped', service: name('nomad'), reason: 'no nomad in PATH' },
    ],
    engine: (command) => {
      if (!('services' in command)) return { kind: 'accepted', services: [] };
      const [unknown] = command.services.filter((wanted) => wanted.startsWith('no-'));
      if (unknown === undefined) return { kind: 'accepted', services: command.services };
      const message = `there is no service ${unknown}`;
      return { kind: 'refused', error: { code: 'service-not-found', service: unknown, message } };
    },
  });
});
after(async () => {
  await rig[Symbol.asyncDispose]();
});

test('every read answers with what its schema says', async () => {
  servicesView.parse((await call(rig.socketPath, '/v1/services')).json);
  serviceView.parse((await call(rig.socketPath, '/v1/services/caddy')).json);
  eventsView.parse((await call(rig.socketPath, '/v1/events')).json);
  versionView.parse((await call(rig.socketPath, '/v1/version')).json);
  const health = await call(rig.socketPath, '/v1/health');
  healthView.parse(health.json);
  assert.equal(health.status, 503);
  assert.equal((await call(rig.socketPath, '/healthz')).text, 'ok\n');
});

test('a service says what it waits for, how it ended and what is next', async () => {
  const caddy = serviceView.parse((await call(rig.socketPath, '/v1/services/caddy')).json);
  assert.equal(caddy.note, 'waiting for consul (backoff)');
  assert.deepEqual(caddy.waiting_for, [
    { service: 'consul', condition: 'service_healthy', verdict: 'pending', state: 'backoff' },
  ]);
  const consul = serviceView.parse((await call(rig.socketPath, '/v1/services/consul')).json);
  assert.match(consul.note, /^exited with code 3, next try in \d+ s$/);
  assert.equal(consul.next?.action, 'start');
  assert.equal(consul.last_exit?.code, 3);
  const nomad = serviceView.parse((await call(rig.socketPath, '/v1/services/nomad')).json);
  assert.equal(nomad.note, 'skipped: no nomad in PATH');
});

test('a write answers 202 with the id of its command, which the engine got with its actor', async () => {
  rig.forget('command');
  const answer = await call(rig.socketPath, '/v1/services/caddy/start', { method: 'POST' });
  assert.equal(answer.status, 202);
  const view = commandView.parse(answer.json);
  const { command } = await rig.message('command');
  const actor = `uid:${process.getuid?.() ?? 0}`;
  assert.deepEqual(command, { id: view.command, actor, verb: 'start', services: ['caddy'] });
});

test('several services are one command, each once', async () => {
  rig.forget('command');
  const body = JSON.stringify({
    verb: 'signal',
    services: ['caddy', 'consul', 'caddy'],
    signal: 'hup'.toUpperCase(),
  });
  assert.equal((await call(rig.socketPath, '/v1/commands', { method: 'POST', body })).status, 202);
  const { command } = await rig.message('command');
  assert.deepEqual(command.verb === 'signal' && [command.services, command.signal], [
    ['caddy', 'consul'],
    'SIGHUP',
  ]);
});

const WRONG: readonly (readonly [string, string, string | undefined, keyof typeof PROBLEMS])[] = [
  ['GET', '/v1/nope', undefined, 'route-not-found'],
  ['GET', '/', undefined, 'route-not-found'],
  ['GET', '/v1/services/no-such', undefined, 'service-not-found'],
  ['GET', '/v1/services/no-such/logs', undefined, 'service-not-found'],
  ['GET', '/v1/events?service=no-such', undefined, 'service-not-found'],
  ['POST', '/v1/services/no-such/start', undefined, 'service-not-found'],
  ['POST', '/v1/services', undefined, 'method-not-allowed'],
  ['DELETE', '/v1/services/caddy', undefined, 'method-not-allowed'],
  ['GET', '/v1/events?after=x', undefined, 'bad-request'],
  ['GET', '/v1/services?wait=1s', undefined, 'bad-request'],
  ['POST', '/v1/services/caddy/start?wait=1', undefined, 'bad-request'],
  ['POST', '/v1/services/caddy/start?wait=11m', undefined, 'bad-request'],
  ['POST', '/v1/services/caddy/signal', undefined, 'bad-request'],
  ['POST', '/v1/services/caddy/signal', '{"signal":"SIGNONSENSE"}', 'bad-request'],
  ['POST', '/v1/services/caddy/start', '{"force":true}', 'bad-request'],
  ['POST', '/v1/commands', '{"verb":"start","services":[]}', 'bad-request'],
  ['POST', '/v1/commands', '{"verb":"start"', 'bad-request'],
  ['POST', '/v1/commands', '[]', 'bad-request'],
  ['POST', '/v1/commands', 'null', 'bad-request'],
  ['POST', '/v1/commands', ' '.repeat(65_537), 'body-too-large'],
];

for (const [method, path, body, code] of WRONG) {
  test(`${method} ${path} ${(body ?? '').slice(0, 30).trim()} is refused with ${code}`, async () => {
    const answer = await call(rig.socketPath, path, { method, ...(body === undefined ? {} : { body }) });
    assert.equal(answer.json['code'], code, answer.text);
    assert.equal(answer.status, PROBLEMS[code].status);
    assert.equal(answer.json['status'], answer.status);
    assert.equal(answer.headers['content-type'], 'application/problem+json');
    assert.ok(String(answer.json['next']).length > 10);
    if (code === 'method-not-allowed') assert.equal(answer.headers.allow, 'GET, HEAD, OPTIONS');
  });
}

test('a body that does not say how long it is has the same limit', async () => {
  const headers = { 'transfer-encoding': 'chunked' };
  const answer = await call(rig.socketPath, '/v1/commands', {
    method: 'POST',
    headers,
    body: 'x'.repeat(200_000),
  });
  assert.equal(answer.json['code'], 'body-too-large');
});

test('bytes that are no HTTP, and no Host, end that connection and nothing else', async () => {
  assert.match(await raw('\x16\x03\x01\x00garbage\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await raw('GET /healthz HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 200 /);
  assert.match(
    await raw(`GET /healthz HTTP/1.1\r\nhost: x\r\nbig: ${'h'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1\.1 4\d\d /,
  );
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
});

test('a service that is named like a route, and a percent-encoded one, are looked up as names', async () => {
  assert.equal((await call(rig.socketPath, '/v1/services/cadd%79')).json['name'], 'caddy');
  assert.equal((await call(rig.socketPath, '/v1/services/..%2Fhealth')).json['code'], 'service-not-found');
  assert.equal((await call(rig.socketPath, '/v1/services/__proto__')).json['code'], 'service-not-found');
});

test('no two routes have the same method and path', () => {
  const keys = ROUTES.map((route) => `${route.method} ${route.path}`);
  assert.equal(new Set(keys).size, keys.length);
});

async function raw(bytes: string): Promise<string> {
  const socket = createConnection(rig.socketPath);
  socket.setEncoding('latin1');
  let text = '';
  socket.on('data', (chunk: string) => (text += chunk));
  socket.on('error', () => undefined);
  socket.end(bytes, 'latin1');
  await new Promise((resolve) => socket.once('close', resolve));
  return text;
}
