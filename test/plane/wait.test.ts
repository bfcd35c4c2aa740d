import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '../../supervisor/core/input.ts';
import { comesUp, failsWith, name, nowMs, run, service } from './support/fleet-fixture.ts';
import { needs } from '../support/specs.ts';
import { call, type HttpAnswer } from './support/http.ts';
import { PlaneRig, type Engine } from './support/plane-rig.ts';

const SERVICES = [service('consul'), service('caddy', { dependsOn: [needs('consul')] })];
const CADDY = name('caddy');

/** Accepts everything; `then` is what follows after the reply. */
function engine(atOnce: (command: Command, rig: PlaneRig) => void, then?: (rig: PlaneRig) => void): Engine {
  return (command, rig) => {
    atOnce(command, rig);
    if (then !== undefined) setImmediate(then, rig);
    return { kind: 'accepted', services: [CADDY] };
  };
}

async function post(rig: PlaneRig, verb: string, wait = '10s'): Promise<HttpAnswer> {
  return await call(rig.socketPath, `/v1/services/caddy/${verb}?wait=${wait}`, { method: 'POST' });
}

function stops(runNumber: number): Parameters<PlaneRig['emit']>[0] {
  const base = { service: CADDY, run: run(runNumber) };
  return [
    { type: 'stopping', ...base, cause: 'requested', killAtMs: nowMs() + 5000, exit: undefined },
    { type: 'exited', ...base, exit: { kind: 'code', code: 0 } },
    { type: 'stopped', ...base },
  ];
}

test('start answers when the service is ready', async () => {
  await using rig = await PlaneRig.start({
    services: SERVICES,
    engine: engine(
      (command, own) => {
        own.emit([{ type: 'waiting', service: CADDY }], command.id);
      },
      (own) => {
        own.emit(comesUp('caddy', 1));
      },
    ),
  });
  const answer = await post(rig, 'start');
  assert.equal(answer.status, 200);
  assert.equal(answer.json['outcome'], 'reached');
  assert.deepEqual(
    (answer.json['views'] as { name: string; state: string }[]).map(({ state }) => state),
    ['running'],
  );
});

test('start of what runs already answers at once', async () => {
  await using rig = await PlaneRig.start({
    services: SERVICES,
    history: comesUp('caddy', 1),
    engine: engine(() => undefined),
  });
  assert.equal((await post(rig, 'start')).status, 200);
});

test('start of what fails says so, and does not wait for the end of the time', async () => {
  await using rig = await PlaneRig.start({
    services: SERVICES,
    engine: engine(
      () => undefined,
      (own) => {
        own.emit([
          ...comesUp('caddy', 1).slice(0, 2),
          ...failsWith('caddy', 1, 7, 9000),
          ...comesUp('caddy', 2),
        ]);
      },
    ),
  });
  const answer = await post(rig, 'start');
  assert.equal(answer.status, 409);
  assert.equal(answer.json['code'], 'outcome-failed');
  assert.match(String(answer.json['detail']), /^caddy: start failed/);
});

test('a wait that is over answers 504 and says what is missing', async () => {
  await using rig = await PlaneRig.start({
    services: SERVICES,
    engine: engine((_command, own) => {
      own.emit([{ type: 'waiting', service: CADDY }]);
    }),
  });
  const answer = await post(rig, 'start', '50ms');
  assert.equal(answer.status, 504);
  assert.equal(answer.json['code'], 'wait-timeout');
  assert.deepEqual(answer.json['waiting_for'], [
    { service: 'caddy', state: 'waiting', note: 'waiting for consul (stopped)' },
  ]);
  assert.match(String(answer.json['detail']), /still waiting for caddy \(waiting, waiting for consul/);
});

test('stop answers when no run is left, not when the signal was sent', async () => {
  const wanted = { type: 'wanted', service: CADDY, wanted: 'down' } as const;
  await using rig = await PlaneRig.start({
    services: SERVICES,
    history: comesUp('caddy', 1),
    engine: engine((_command, own) => {
      own.emit([wanted, ...stops(1).slice(0, 1)]);
    }),
  });
  assert.equal((await post(rig, 'stop', '50ms')).json['code'], 'wait-timeout');
  rig.forget('command');
  const answer = post(rig, 'stop');
  await rig.message('command');
  rig.emit(stops(1).slice(1));
  assert.equal((await answer).status, 200);
});

test('restart answers with a newer run, not with the one that runs', async () => {
  await using rig = await PlaneRig.start({
    services: SERVICES,
    history: comesUp('caddy', 1),
    engine: engine(
      () => undefined,
      (own) => {
        own.emit([...stops(1), ...comesUp('caddy', 2)]);
      },
    ),
  });
  const answer = await post(rig, 'restart');
  assert.equal(answer.status, 200);
  assert.equal((answer.json['views'] as { run: number }[])[0]?.run, 2);
});

for (const [outcome, status] of [
  [{ kind: 'done', detail: 'sent SIGUSR1' }, 200],
  [{ kind: 'failed', detail: 'exit code 1: no such file' }, 409],
] as const) {
  test(`reload that ended with "${outcome.detail}" answers ${status}, also when it ended before the reply`, async () => {
    await using rig = await PlaneRig.start({
      services: SERVICES,
      history: comesUp('caddy', 1),
      engine: engine((_command, own) => {
        own.emit([{ type: 'reload-finished', service: CADDY, run: run(1), outcome }]);
      }),
    });
    assert.equal((await post(rig, 'reload')).status, status);
  });
}

test('an engine that does not answer is told apart', { timeout: 20_000 }, async () => {
  await using rig = await PlaneRig.start({ services: SERVICES, engine: () => undefined });
  const answer = await post(rig, 'start');
  assert.equal(answer.status, 504);
  assert.equal(answer.json['code'], 'engine-timeout');
});

test('whoever waits when Bosun ends gets an answer, not a broken connection', async () => {
  await using rig = await PlaneRig.start({ services: SERVICES, engine: engine(() => undefined) });
  const answer = post(rig, 'start', '1m');
  await rig.message('command');
  assert.equal((await call(rig.socketPath, '/healthz')).status, 200);
  rig.finish();
  assert.equal((await answer).status, 202);
  await rig.message('flushed');
});
