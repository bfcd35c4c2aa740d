import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AnswerKeeper } from '../../supervisor/plane/commands/answer-keeper.ts';
import { AnswerStore, type KeptWrite } from '../../supervisor/plane/commands/answer-store.ts';
import { Idempotency } from '../../supervisor/plane/commands/idempotency.ts';
import type { OwnMessage } from '../../supervisor/plane/logs/own-log.ts';
import { comesUp, name, run, service } from './support/fleet-fixture.ts';
import { call, type HttpAnswer } from './support/http.ts';
import { PlaneRig, type Engine } from './support/plane-rig.ts';

const SERVICES = [service('consul'), service('caddy')];
const START = '/v1/services/caddy/start';

const accept: Engine = (command) => ({
  kind: 'accepted',
  services: 'services' in command ? command.services : [],
});

async function post(rig: PlaneRig, path: string, key: string, body?: object): Promise<HttpAnswer> {
  const options = { method: 'POST', headers: { 'idempotency-key': key } };
  const text = body === undefined ? {} : { body: JSON.stringify(body) };
  return call(rig.socketPath, path, { ...options, ...text });
}

function commandsOf(rig: PlaneRig): readonly string[] {
  return rig.all('command').map(({ command }) => command.id);
}

test('the same key and request: one command, the same answer, and it says so', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES, engine: accept });
  const first = await post(rig, START, 'one');
  const second = await post(rig, START, 'one');
  assert.deepEqual([first.status, second.status, second.text], [202, 202, first.text]);
  assert.deepEqual(
    [first.headers['idempotent-replayed'], second.headers['idempotent-replayed']],
    [undefined, 'true'],
  );
  const other = await post(rig, START, 'two');
  assert.notEqual(other.json['command'], first.json['command']);
  assert.deepEqual(commandsOf(rig), [first.json['command'], other.json['command']]);
});

test('many at once with one key are one command with one answer', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES, engine: accept });
  const answers = await Promise.all(Array.from({ length: 40 }, () => post(rig, START, 'crowd')));
  assert.equal(new Set(answers.map(({ text }) => text)).size, 1);
  assert.equal(answers.filter(({ headers }) => headers['idempotent-replayed'] === undefined).length, 1);
  assert.equal(commandsOf(rig).length, 1);
});

test('a key that comes with another request is refused, whatever differs but the wait', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES, engine: accept });
  const body = { verb: 'stop', services: ['caddy'] };
  assert.equal((await post(rig, '/v1/commands', 'k', body)).status, 202);
  for (const [path, other] of [
    ['/v1/commands', { ...body, services: ['consul'] }],
    ['/v1/services/caddy/stop', undefined],
    ['/v1/commands', { ...body, verb: 'start' }],
  ] as const) {
    const answer = await post(rig, path, 'k', other);
    assert.deepEqual([answer.status, answer.json['code']], [422, 'idempotency-key-reused']);
  }
  assert.equal((await post(rig, '/v1/commands', 'k', body)).status, 202);
  assert.equal(commandsOf(rig).length, 1);
});

test('what is not a key is refused, and quotes around one are not part of it', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES, engine: accept });
  for (const key of ['', 'two words', 'x'.repeat(201), 'caf\u00e9'])
    assert.equal((await post(rig, START, key)).json['code'], 'bad-request', key);
  await post(rig, START, 'x'.repeat(200));
  await post(rig, START, `"${'x'.repeat(200)}"`);
  assert.equal(commandsOf(rig).length, 1);
});

test('a refusal is an answer too; a request that is wrong is not', async () => {
  await using rig = await PlaneRig.start({
    services: SERVICES,
    engine: () => ({
      kind: 'refused',
      error: { code: 'service-not-running', service: name('caddy'), message: 'caddy is not running' },
    }),
  });
  assert.equal((await post(rig, '/v1/services/caddy/signal', 'k', { signal: 'NONSENSE' })).status, 400);
  const body = { signal: 'HUP' };
  const first = await post(rig, '/v1/services/caddy/signal', 'k', body);
  const again = await post(rig, '/v1/services/caddy/signal', 'k', body);
  assert.deepEqual([first.status, again.status, again.text], [409, 409, first.text]);
  assert.equal(again.headers['content-type'], 'application/problem+json');
  assert.equal(commandsOf(rig).length, 1);
});

test('a retry may wait where the first did not, and wait again where time was up', async () => {
  await using rig = await PlaneRig.start({
    services: SERVICES,
    history: comesUp('caddy', 1),
    engine: (command, engine) => {
      const base = { service: name('caddy'), run: run(1) };
      const exit = { kind: 'code', code: 0 } as const;
      engine.emit(
        [
          { type: 'exited', ...base, exit },
          { type: 'stopped', ...base },
        ],
        command.id,
      );
      return { kind: 'accepted', services: [name('caddy')] };
    },
  });
  assert.equal((await post(rig, '/v1/services/caddy/restart', 'k')).status, 202);
  const late = await post(rig, '/v1/services/caddy/restart?wait=30ms', 'k');
  assert.deepEqual([late.status, late.json['code']], [504, 'wait-timeout']);
  rig.emit(comesUp('caddy', 2));
  const reached = await post(rig, '/v1/services/caddy/restart?wait=10s', 'k');
  assert.deepEqual(
    [reached.status, reached.json['outcome'], reached.json['started']],
    [200, 'reached', ['caddy']],
  );
  assert.equal((await post(rig, '/v1/services/caddy/restart?wait=1s', 'k')).text, reached.text);
  assert.equal(commandsOf(rig).length, 1);
});

test('the answer is there after the death of the worker', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES, engine: accept });
  const first = await post(rig, START, 'k');
  rig.crash();
  await rig.message('worker-exit');
  await rig.restartWorker();
  const again = await post(rig, START, 'k');
  assert.deepEqual([again.text, again.headers['idempotent-replayed']], [first.text, 'true']);
  assert.equal((await post(rig, '/v1/services/caddy/stop', 'k')).json['code'], 'idempotency-key-reused');
  assert.equal(commandsOf(rig).length, 1);
  const file = join(rig.directory, 'state', 'idempotency.sqlite');
  assert.equal(statSync(file).mode & 0o777, 0o600);
});

for (const [place, settings] of [
  ['a disk', {}],
  // The key is forgotten, but what follows from it is the same again.
  ['no disk', { stateDir: '/dev/null/state' }],
] as const)
  test(`a worker that dies before it hears the reply, with ${place}: the next one gives the same command again`, async () => {
    let deaths = 0;
    await using rig = await PlaneRig.start({
      services: SERVICES,
      settings,
      engine: (command, engine) => {
        if (deaths++ > 0) return accept(command, engine);
        engine.crash();
        return undefined;
      },
    });
    await assert.rejects(post(rig, START, 'k'));
    await rig.message('worker-exit');
    await rig.restartWorker();
    const answer = await post(rig, START, 'k');
    assert.equal(answer.status, 202);
    assert.equal(answer.headers['idempotent-replayed'], place === 'a disk' ? 'true' : undefined);
    const [given, again] = commandsOf(rig);
    assert.equal(given, again);
    assert.equal(answer.json['command'], given);
    assert.equal(commandsOf(rig).length, 2);
  });

test('an API key that was made is told again, but is in no file', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES, engine: accept });
  const body = { name: 'deploy', role: 'control' };
  const made = await post(rig, '/v1/keys', 'k', body);
  assert.ok(made.status < 300, made.text);
  assert.equal((await post(rig, '/v1/keys', 'k', body)).text, made.text);
  const state = join(rig.directory, 'state');
  const files = readdirSync(state).filter((file) => file.startsWith('idempotency'));
  const secret = Object.values(made.json).find((value) => typeof value === 'string' && value.length > 30);
  assert.ok(files.length > 0 && typeof secret === 'string', made.text);
  for (const file of files) assert.ok(!readFileSync(join(state, file)).includes(secret), file);
});

test('with no disk to keep them on they are kept in memory, and that is told', async () => {
  await using rig = await PlaneRig.start({
    services: SERVICES,
    engine: accept,
    settings: { stateDir: '/dev/null/state' },
  });
  const first = await post(rig, START, 'k');
  assert.equal((await post(rig, START, 'k')).text, first.text);
  assert.equal(commandsOf(rig).length, 1);
  await rig.outputWith('answers to repeated requests are kept in memory only');
});

const DIRECTORIES: string[] = [];
function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'bosun-idempotency-'));
  DIRECTORIES.push(made);
  return made;
}
test.after(() => {
  for (const made of DIRECTORIES) rmSync(made, { recursive: true, force: true });
});

test('a file that is no database gives way to one that is', () => {
  const place = directory();
  writeFileSync(join(place, 'idempotency.sqlite'), 'x'.repeat(10_000));
  const told: OwnMessage[] = [];
  using keeper = new AnswerKeeper(place, (message) => told.push(message));
  keeper.put(write('a', Date.now()));
  assert.equal(keeper.find('uid:0', 'a')?.command, 'command a');
  assert.deepEqual(told, []);
  assert.ok(readdirSync(place).includes('idempotency.sqlite'));
});

test('keys of different actors do not meet', () => {
  using keeper = new AnswerKeeper(directory(), () => undefined);
  const idempotency = new Idempotency(keeper, () => 7);
  const claim = (actor: string): ReturnType<Idempotency['claim']> =>
    idempotency.claim({ actor, key: 'k', fingerprint: 'f' }, false);
  const [alice, bob] = [claim('cert:alice'), claim('cert:bob')];
  assert.ok(alice.kind === 'turn' && bob.kind === 'turn');
  assert.notEqual(alice.identity.id, bob.identity.id);
  assert.equal(alice.identity.since, 7);
  assert.equal(claim('cert:alice').kind, 'under-way');
});

test('bounded in number, in bytes and in time', () => {
  const nowMs = Date.now();
  using few = new AnswerStore(':memory:', { writes: 1000, bytes: 1e9, ageMs: 10_000 });
  for (let index = 0; index < 5000; index++) few.put(write(String(index), nowMs));
  const left = [...few.all()];
  assert.ok(left.length >= 1000 && left.length <= 1300, String(left.length));
  assert.notEqual(few.find('uid:0', '4999', nowMs), undefined);
  assert.equal(few.find('uid:0', '4999', nowMs + 10_001), undefined);
  using small = new AnswerStore(':memory:', { writes: 1e6, bytes: 1_000_000, ageMs: 10_000 });
  const answer = {
    status: 202,
    contentType: 'application/json',
    body: 'x'.repeat(9700),
    secrecy: 'plain',
  } as const;
  for (let index = 0; index < 2000; index++) small.put({ ...write(String(index), nowMs), answer });
  const bytes = [...small.all()].length * 10_000;
  assert.ok(bytes >= 900_000 && bytes < 4_000_000, String(bytes));
});

test('a disk that fails later: nothing is lost of what came since, and it goes back when there is room', () => {
  const place = directory();
  const told: string[] = [];
  using keeper = new AnswerKeeper(join(place, 'state'), ({ text }) => told.push(text));
  keeper.put(write('before', Date.now()));
  rmSync(join(place, 'state'), { recursive: true });
  writeFileSync(join(place, 'state'), 'in the way');
  using other = new AnswerKeeper(join(place, 'state'), ({ text }) => told.push(text), 0);
  other.put(write('meanwhile', Date.now()));
  assert.match(told.join('\n'), /kept in memory only/);
  rmSync(join(place, 'state'));
  mkdirSync(join(place, 'state'));
  other.put(write('after', Date.now()));
  using third = new AnswerKeeper(join(place, 'state'), () => undefined);
  assert.deepEqual(
    ['meanwhile', 'after'].map((key) => third.find('uid:0', key)?.command),
    ['command meanwhile', 'command after'],
  );
});

function write(key: string, claimedAtMs: number): KeptWrite {
  return {
    actor: 'uid:0',
    key,
    fingerprint: 'f',
    command: `command ${key}`,
    since: 0,
    claimedAtMs,
    acceptance: undefined,
    answer: undefined,
  };
}
