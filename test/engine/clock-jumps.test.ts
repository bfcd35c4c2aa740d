// The wall clock is set, by a day and in either direction, at every moment of a history: nothing but timers of the calendar notices.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProbePort } from '../../supervisor/boot/probe-port.ts';
import type { RecordedEvent } from '../../supervisor/core/event.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { ProbeSpec } from '../../supervisor/core/probe-spec.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { Engine } from '../../supervisor/engine/engine.ts';
import type { RunPort } from '../../supervisor/engine/ports.ts';
import { calendar } from '../../supervisor/os/calendar.ts';
import { code, KILLED } from '../support/drive.ts';
import { fleetOf, service } from '../support/specs.ts';
import { TwoClocks } from './support/two-clocks.ts';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const nothing = (): void => undefined;

/** The real engine and the real probe loops on two clocks. What a process does follows from its service's name. */
class Rig {
  readonly clock = new TwoClocks();
  readonly events: RecordedEvent[] = [];
  /** When each probe command was run. */
  readonly asked: string[] = [];
  readonly engine: Engine;
  readonly #services = new Map<RunId, ServiceName>();
  #lastPid = 100;

  constructor(...services: readonly ServiceSpec[]) {
    this.engine = new Engine(fleetOf(...services), {
      clock: this.clock,
      calendar,
      random: () => 0.5,
      runs: this.#runs(),
      attached: { attach: nothing, detach: nothing, signal: nothing, stop: nothing },
      probes: createProbePort(({ command }) => {
        this.asked.push(`${this.clock.nowMs()} ${command.join(' ')}`);
        const well = command[0] === 'true';
        return Promise.resolve({ kind: 'exited', code: well ? 0 : 1, output: '' });
      }, this.clock),
      notify: { open: () => ({ kind: 'failed', error: { code: 'ENOSYS', message: '' } }) },
      watchNotify: () => ({ [Symbol.dispose]: nothing }),
      reload: () => Promise.resolve({ kind: 'done', detail: '' }),
      hook: () => Promise.resolve({ kind: 'done', detail: '' }),
      sweep: nothing,
      plane: {
        publish: (events) => this.events.push(...events),
        reply: nothing,
        lendJob: nothing,
        configured: nothing,
        requestApply: nothing,
      },
      logs: { lend: nothing, configured: nothing },
      exit: nothing,
      fault: (_where, error) => {
        throw error;
      },
    });
    this.engine.submit({ type: 'boot' });
  }

  command(verb: 'stop' | 'restart', name: string): void {
    const services = [name as ServiceName];
    this.engine.submit({ type: 'command', command: { verb, services, id: 'c', actor: 'uid:0' } });
  }

  /** What happened and when, by the clock that does not jump; names alone, since moments are in the events too. */
  get history(): readonly string[] {
    return this.events.map(({ id, monotonicMs, event }) => `${id} ${monotonicMs} ${JSON.stringify(event)}`);
  }

  started(name: string): readonly number[] {
    return this.events.flatMap(({ event, timeMs }) =>
      event.type === 'starting' && event.service === name ? [timeMs] : [],
    );
  }

  #runs(): RunPort {
    return {
      launchJob: () => ({ kind: 'failed', error: { code: 'ENOSYS', message: '' } }),
      launch: ({ name }, { run }) => {
        this.#services.set(run, name);
        if (name === 'crasher' || name === 'nightly')
          this.clock.at(this.clock.nowMs() + 20, () => {
            this.#exit(run, name === 'crasher' ? 1 : 0);
          });
        const pipes = { stdout: undefined, stderr: undefined, notify: undefined };
        return { kind: 'launched', pid: ++this.#lastPid as Pid, pipes, degraded: [] };
      },
      signalGroup: (run, signal) => {
        if (signal === 'SIGKILL')
          this.clock.at(this.clock.nowMs() + 1, () => {
            this.#exit(run, 'killed');
          });
        else if (this.#services.get(run) !== 'stubborn')
          this.clock.at(this.clock.nowMs() + 1, () => {
            this.#exit(run, 0);
          });
      },
      signalGroupOnly: nothing,
      signalLeader: nothing,
      stopLeader: nothing,
      followLeader: nothing,
    };
  }

  #exit(run: RunId, how: number | 'killed'): void {
    const name = this.#services.get(run);
    if (name === undefined) return;
    const exit = how === 'killed' ? KILLED : code(how);
    this.engine.submit({ type: 'exited', service: name, run, exit, group: 'empty' });
  }
}

const exec = (command: string): ProbeSpec => ({
  action: { kind: 'exec', command: [command] },
  initialDelayMs: 100,
  periodMs: 400,
  timeoutMs: 300,
  successThreshold: 1,
  failureThreshold: 3,
});

/** Everything that has a timer on the monotonic clock. */
const FLEET: readonly ServiceSpec[] = [
  service('crasher', {
    restart: {
      policy: 'always',
      delayMs: 100,
      maxDelayMs: 800,
      resetAfterMs: 60_000,
      burst: { count: 4, windowMs: 5000 },
    },
  }),
  service('stubborn', { stop: { signal: 'SIGTERM', timeoutMs: 700, killMode: 'group', command: undefined } }),
  service('probed', {
    readiness: { kind: 'probe', probe: exec('true') },
    liveness: { kind: 'probe', probe: exec('false'), graceMs: 300 },
    restart: {
      policy: 'always',
      delayMs: 100,
      maxDelayMs: 800,
      resetAfterMs: 150,
      burst: { count: 0, windowMs: 60_000 },
    },
  }),
  service('unready', { readiness: { kind: 'probe', probe: exec('false') }, startupTimeoutMs: 900 }),
  service('interval', { type: 'timer', schedule: { kind: 'every', periodMs: 650 } }),
];

async function history(jumpMs: number): Promise<Pick<Rig, 'history' | 'asked'>> {
  const rig = new Rig(...FLEET);
  for (let step = 0; step < 60; step++) {
    await rig.clock.pass(100);
    if (step === 10) rig.command('stop', 'stubborn');
    if (step === 40) rig.engine.submit({ type: 'signal-received', signal: 'SIGTERM', number: 15 });
    await rig.clock.setWall(jumpMs);
  }
  return rig;
}

for (const [direction, jumpMs] of [
  ['forward', DAY_MS],
  ['back', -DAY_MS],
] as const)
  test(`a day ${direction}, ten times a second: restarts, kills, probes, timeouts and intervals keep their times`, async () => {
    const calm = await history(0);
    const set = await history(jumpMs);
    assert.deepEqual(set.history, calm.history);
    assert.deepEqual(set.asked, calm.asked);
    // The history has all of it.
    const all = calm.history.join('\n');
    for (const type of [
      'backing-off',
      'backoff-reset',
      'failed',
      'killed',
      'startup-timeout',
      'liveness-failed',
      'ready',
      'scheduled',
      'shutdown-started',
    ])
      assert.match(all, new RegExp(`"(type|cause)":"${type}"`));
    assert.ok(calm.asked.length > 20);
  });

const nightly = service('nightly', {
  type: 'timer',
  restart: {
    policy: 'never',
    delayMs: 500,
    maxDelayMs: 500,
    resetAfterMs: 60_000,
    burst: { count: 0, windowMs: 60_000 },
  },
  schedule: { kind: 'cron', expression: '0 * * * *', timeZone: 'UTC' },
});

test('a timer of the calendar: a day forward, what was due is run, once; the next one is by the new date', async () => {
  const rig = new Rig(nightly);
  await rig.clock.pass(100);
  assert.deepEqual(rig.started('nightly'), []);
  await rig.clock.setWall(DAY_MS);
  await rig.clock.pass(100);
  assert.equal(rig.started('nightly').length, 1);
  await rig.clock.setWall(HOUR_MS);
  await rig.clock.pass(100);
  const [first = 0, second = 0, ...more] = rig.started('nightly');
  assert.deepEqual(more, []);
  assert.ok(second - first >= HOUR_MS);
});

test('a timer of the calendar: a day back, the date that was promised is kept', async () => {
  const rig = new Rig(nightly);
  await rig.clock.setWall(-DAY_MS);
  await rig.clock.pass(100);
  assert.deepEqual(rig.started('nightly'), []);
  // The hour that was next before the clock was set.
  await rig.clock.setWall(DAY_MS + HOUR_MS);
  await rig.clock.pass(100);
  assert.equal(rig.started('nightly').length, 1);
});
