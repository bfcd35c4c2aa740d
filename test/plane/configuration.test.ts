// Plan and apply over the API and by SIGHUP, with the real control plane reading real files; the test stands for the engine.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readConfiguration } from '../../supervisor/boot/read-configuration.ts';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import type { Command } from '../../supervisor/core/input.ts';
import type { FleetSpec, ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { applyView, planView, type PlanView } from '../../supervisor/wire/plan-view.ts';
import { comesUp, failsWith, name, nowMs, run } from './support/fleet-fixture.ts';
import { call, type HttpAnswer } from './support/http.ts';
import { planeSettings } from '../support/plane-settings.ts';
import { PlaneRig, writeConfiguration, type Engine } from './support/plane-rig.ts';

const FOREVER = 'command: [sleep, "1000"]\n';
const LONGER = 'command: [sleep, "2000"]\n';
/** Each service is told where the socket is, so it is part of what is compared. */
const SOCKETS = mkdtempSync(join(tmpdir(), 'bosun-sockets-'));
const SOCKET = join(SOCKETS, 'bosun.sock');

after(() => {
  rmSync(SOCKETS, { recursive: true });
});

/** As Bosun itself read them when it started. */
async function load(files: Readonly<Record<string, string>>): Promise<readonly ServiceSpec[]> {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-load-'));
  try {
    writeConfiguration(directory, files);
    const read = await readConfiguration(settingsFor(directory), process.env);
    assert.equal(read.kind, 'read');
    return read.spec.services;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

function settingsFor(directory: string): Parameters<typeof readConfiguration>[0] {
  const { configuration } = planeSettings();
  return planeSettings({
    socketPath: SOCKET,
    configuration: { ...configuration, directory: join(directory, 'services.d') },
  });
}

async function start(files: Readonly<Record<string, string>>, engine: Engine): Promise<PlaneRig> {
  const services = await load(files);
  const rig = PlaneRig.begin({
    services,
    settings: { socketPath: SOCKET },
    engine,
    history: services.flatMap(({ name: service }, index) => comesUp(service, index + 1)),
  });
  rig.write(files);
  await rig.message('listening');
  return rig;
}

function targetOf(command: Command | undefined): FleetSpec {
  if (command?.verb !== 'apply') throw new Error(`apply was to be asked for, not ${command?.verb}`);
  return command.target;
}

function configured(
  spec: FleetSpec,
  more: Partial<Extract<BosunEvent, { type: 'configured' }>> = {},
): BosunEvent {
  const services = spec.services.map((service) => service.name);
  return { type: 'configured', services, outdated: [], removed: [], ...more };
}

const ACCEPT: Engine = (command, rig) => {
  const target = targetOf(command);
  rig.emitConfigured([configured(target)], target);
  return { kind: 'accepted', services: [] };
};

async function plan(rig: PlaneRig): Promise<PlanView> {
  return planView.parse((await call(rig.socketPath, '/v1/plan')).json);
}

async function apply(rig: PlaneRig, wait = ''): Promise<HttpAnswer> {
  return call(rig.socketPath, `/v1/apply${wait}`, { method: 'POST' });
}

test('what was not changed is not different, read by the control plane or at the start', async () => {
  await using rig = await start({ app: FOREVER, web: `${FOREVER}depends_on: [app]\n` }, ACCEPT);
  const made = await plan(rig);
  assert.deepEqual([made.changes, made.settings, made.unchanged], [[], [], ['app', 'web']]);
});

test('apply gives the engine the configuration as it is now, and the view follows', async () => {
  await using rig = await start({ app: FOREVER }, ACCEPT);
  rig.write({ app: LONGER, added: FOREVER }, 'shutdown: {budget: 4s}\n');
  const applied = await apply(rig);
  assert.equal(applied.status, 202);
  const view = applyView.parse(applied.json);
  assert.deepEqual(
    view.changes.map(({ service, kind }) => [service, kind]),
    [
      ['added', 'added'],
      ['app', 'restarted'],
    ],
  );
  const { command } = await rig.message('command');
  assert.equal(command.id, view.command);
  assert.deepEqual(targetOf(command).services[1]?.command, ['sleep', '2000']);
  assert.equal(targetOf(command).shutdownBudgetMs, 4000);
  assert.equal((await call(rig.socketPath, '/v1/services/added')).json['state'], 'stopped');
  assert.deepEqual((await plan(rig)).changes, []);
  assert.match(
    await rig.outputWith('configuration applied'),
    /configuration applied, asked by uid:\d+: \+ added, ~ app \(command\), = shutdown\.budget: 9s -> 4s/,
  );
});

test('a wrong configuration is refused with its errors, and the engine hears nothing of it', async () => {
  await using rig = await start({ app: FOREVER }, ACCEPT);
  rig.write({ app: `${FOREVER}nonsense: 1\n`, web: 'comand: [true]\n' });
  for (const answer of [await call(rig.socketPath, '/v1/plan'), await apply(rig, '?wait=1s')]) {
    assert.deepEqual([answer.status, answer.json['code']], [422, 'configuration-refused']);
    const diagnostics = answer.json['diagnostics'] as { file: string; line: number }[];
    assert.deepEqual(
      diagnostics.slice(0, 1).map(({ file, line }) => [file, line]),
      [[join(rig.directory, 'services.d/app.yaml'), 2]],
    );
    assert.match(String(answer.json['rendered']), /app\.yaml:2:1[\s\S]*nonsense: 1[\s\S]*in 2 files/);
  }
  rig.requestApply();
  assert.match(
    await rig.outputWith('nothing was changed'),
    /app\.yaml:2:1: .*nonsense[\s\S]*web\.yaml:1:1[\s\S]*that signal:SIGHUP asked to be applied is wrong/,
  );
  // Every command so far has been seen by now: this one is the first.
  rig.write({ app: LONGER });
  await apply(rig);
  const { command } = await rig.message('command');
  assert.match(command.actor, /^uid:/);
});

test('SIGHUP applies, by its name, and as often as there is something to be read', async () => {
  const seen: Command[] = [];
  await using rig = await start({ app: FOREVER }, (command, own) => {
    seen.push(command);
    return ACCEPT(command, own);
  });
  rig.write({ app: LONGER });
  for (let times = 0; times < 20; times++) rig.requestApply();
  await rig.outputWith('~ app (command)');
  await plan(rig);
  assert.equal(seen[0]?.actor, 'signal:SIGHUP');
  assert.ok(seen.length < 20, `${seen.length} commands`);
  assert.deepEqual(targetOf(seen[0]).services[0]?.command, ['sleep', '2000']);
});

test('two applies at once do not mix: the second is read when the engine has the first', async () => {
  const order: string[] = [];
  await using rig = await start({ app: FOREVER }, (command, own) => {
    const target = targetOf(command);
    order.push(target.services.map(({ command: words }) => words?.join(' ')).join());
    own.write({ app: 'command: [sleep, "3000"]\n' });
    return ACCEPT(command, own);
  });
  rig.write({ app: LONGER });
  const [first, second] = (await Promise.all([apply(rig), apply(rig)])).map(({ json }) =>
    applyView.parse(json),
  );
  assert.deepEqual(order, ['sleep 2000', 'sleep 3000']);
  assert.notEqual(first?.command, second?.command);
  assert.deepEqual(
    second?.changes.map(({ keys }) => keys),
    [['command']],
  );
});

test('an engine that is shutting down refuses, and its code is passed on', async () => {
  await using rig = await start({ app: FOREVER }, () => ({
    kind: 'refused',
    error: { code: 'shutting-down', service: '', message: 'the container is being stopped' },
  }));
  assert.equal((await apply(rig)).json['code'], 'shutting-down');
  rig.requestApply();
  await rig.outputWith('was not applied, asked by signal:SIGHUP: the container is being stopped');
});

const APP = name('app');

function restarts(ends: readonly BosunEvent[]): Engine {
  return (command, rig) => {
    const target = targetOf(command);
    const held = { services: target.services, shutdownBudgetMs: 9000, forwards: [] };
    rig.emitConfigured(
      [
        configured(target, { outdated: [APP] }),
        {
          type: 'stopping',
          service: APP,
          run: run(1),
          cause: 'reconfigured',
          killAtMs: nowMs(),
          exit: undefined,
        },
      ],
      held,
      target,
    );
    setImmediate(() => {
      rig.emitConfigured([configured(target), { type: 'waiting', service: APP }, ...ends], target);
    });
    return { kind: 'accepted', services: [APP] };
  };
}

test('wait: until what was restarted is up again, in its new run', async () => {
  await using rig = await start({ app: FOREVER, other: FOREVER }, restarts(comesUp('app', 7)));
  rig.emit(failsWith('other', 2, 1, 60_000));
  rig.write({ app: LONGER, other: FOREVER });
  const answer = await apply(rig, '?wait=10s');
  assert.equal(answer.status, 200, answer.text);
  const view = applyView.parse(answer.json);
  assert.deepEqual(
    view.views.map(({ name: service, run: newest, state }) => [service, newest, state]),
    [['app', 7, 'running']],
  );
});

test('wait: what fails is told with the plan, once the others are there', async () => {
  const ends = [...comesUp('app', 7).slice(0, 2), ...failsWith('app', 7, 3, 60_000)];
  await using rig = await start({ app: FOREVER }, restarts(ends));
  rig.write({ app: LONGER, web: FOREVER });
  let answered = 'no';
  const applied = apply(rig, '?wait=10s').finally(() => (answered = 'yes'));
  await rig.outputWith('app exited with code 3');
  assert.equal((await call(rig.socketPath, '/v1/health')).status, 503);
  assert.equal(answered, 'no');
  rig.emit(comesUp('web', 8));
  const { status, json } = await applied;
  assert.deepEqual([status, json['code'], json['service']], [409, 'outcome-failed', 'app']);
  assert.match(
    String(json['detail']),
    /^app: apply failed: it did not become ready \(exited with code 3[^;]*$/,
  );
  assert.deepEqual(planView.parse(json['plan']).changes[0]?.keys, ['command']);
});

test('wait: what is not there in time is named', async () => {
  await using rig = await start({ app: FOREVER }, restarts([]));
  rig.write({ app: LONGER });
  const answer = await apply(rig, '?wait=300ms');
  assert.deepEqual([answer.status, answer.json['code']], [504, 'wait-timeout']);
  assert.match(String(answer.json['detail']), /waiting for app \(waiting\)/);
});

test('wait: what was removed is waited for until it is gone', async () => {
  const gone = name('gone');
  const services = await load({ app: FOREVER, gone: FOREVER });
  await using rig = await start({ app: FOREVER, gone: FOREVER }, (command, own) => {
    const target = targetOf(command);
    const held = { ...target, services };
    own.emitConfigured([configured(held, { removed: [gone] })], held, target);
    return { kind: 'accepted', services: [gone] };
  });
  rig.write({ app: FOREVER });
  const late = await apply(rig, '?wait=200ms');
  assert.match(String(late.json['detail']), /waiting for gone \(running, removed from the configuration\)/);
  // Nothing is different any more, and it is waited for all the same.
  const answer = apply(rig, '?wait=10s');
  await rig.outputWith('nothing is different');
  const rest = targetOf((await rig.message('command')).command);
  rig.emitConfigured([configured(rest)], rest);
  assert.equal((await answer).status, 200);
});
