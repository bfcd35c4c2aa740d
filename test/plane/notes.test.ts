// What the API says of a service in its less usual states, and what the log says of the events that lead there.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BosunEvent } from '../../supervisor/core/event.ts';
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import type { Pid } from '../../supervisor/core/names.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { servicesView, serviceView, type ServiceView } from '../../supervisor/wire/service-view.ts';
import { needs } from '../support/specs.ts';
import { comesUp, name, nowMs, run, service } from './support/fleet-fixture.ts';
import { call } from './support/http.ts';
import { PlaneRig } from './support/plane-rig.ts';

const DB = { service: name('db'), run: run(1) } as const;
const APP = { service: name('app'), run: run(2) } as const;
const OOM: ExitStatus = { kind: 'signal', signal: 'SIGKILL', number: 9, core: 'none', by: 'oom' };
const PROBE = {
  kind: 'probe',
  probe: {
    action: { kind: 'file', path: '/ready' },
    initialDelayMs: 0,
    periodMs: 1000,
    timeoutMs: 1000,
    successThreshold: 1,
    failureThreshold: 3,
  },
} as const;

async function viewsAfter(
  services: readonly ServiceSpec[],
  history: readonly BosunEvent[],
): Promise<{ view: (service: string) => ServiceView; output: string }> {
  await using rig = await PlaneRig.start({ services, history });
  const all = servicesView.parse((await call(rig.socketPath, '/v1/services')).json);
  const found = new Map(all.services.map((one) => [one.name, one]));
  // Lines come in order: with this one all that the history led to are there.
  rig.emit([{ type: 'plane-failed', reason: 'the end of the test' }]);
  const output = await rig.outputWith('the end of the test');
  return {
    output,
    view: (wanted) => serviceView.parse(found.get(wanted)),
  };
}

function stopping(more: Partial<Extract<BosunEvent, { type: 'stopping' }>>): BosunEvent {
  return {
    type: 'stopping',
    ...APP,
    cause: 'requested',
    killAtMs: nowMs() + 100_000,
    exit: undefined,
    ...more,
  };
}

const HOOKS = { pre_stop: { command: ['true'] as const, timeoutMs: 1000 } };
const STEPS: readonly (readonly [string, Partial<ServiceSpec>, readonly BosunEvent[], RegExp])[] = [
  ['asked', {}, [stopping({})], /^stopping: \d+ s to SIGKILL$/],
  [
    'asked by a command',
    { stop: { signal: 'SIGTERM', timeoutMs: 5000, killMode: 'group', command: ['true'] } },
    [stopping({})],
    /^stopping by its stop command: \d+ s to SIGKILL$/,
  ],
  [
    'its hook before',
    { hooks: HOOKS },
    [stopping({}), { type: 'hook-started', ...APP, hook: 'pre_stop' }],
    /^running its pre_stop hook, \d+ s to SIGKILL$/,
  ],
  [
    'killed',
    {},
    [stopping({}), { type: 'killed', ...APP }],
    /^SIGKILL sent, waiting for its processes to go$/,
  ],
  [
    'its hook after',
    {},
    [stopping({}), { type: 'hook-started', ...APP, hook: 'post_stop' }],
    /^running its post_stop hook$/,
  ],
  [
    'what outlives its leader',
    {},
    [stopping({ cause: 'leader-exited', exit: { kind: 'code', code: 3 } })],
    /^exited with code 3, ending the rest of it: \d+ s to SIGKILL$/,
  ],
  ['liveness', {}, [stopping({ cause: 'liveness-failed' })], /^not alive any more, stopping: \d+ s/],
  [
    'a new configuration',
    {},
    [stopping({ cause: 'reconfigured' })],
    /^stopping for the new configuration: \d+ s/,
  ],
];

for (const [what, spec, events, note] of STEPS)
  test(`a service that is stopping: ${what}`, async () => {
    const { view } = await viewsAfter([service('app', spec)], [...comesUp('app', 2), ...events]);
    assert.match(view('app').note, note);
  });

test('a completed oneshot that is undone', async () => {
  const down: BosunEvent = {
    type: 'going-down',
    ...APP,
    run: run(3),
    cause: 'shutdown',
    atMs: nowMs(),
    killAtMs: nowMs() + 100_000,
  };
  const { view, output } = await viewsAfter(
    [service('app', { type: 'oneshot', down: ['true'] })],
    [{ type: 'completed', ...APP, exit: { kind: 'code', code: 0 } }, down],
  );
  assert.match(view('app').note, /^undoing by its down command: \d+ s to SIGKILL$/);
  assert.match(output, /app is undone by its down command: the container is being stopped/);
});

test('a service that runs by an earlier configuration, or is in none any more, says so', async () => {
  const configured: BosunEvent = {
    type: 'configured',
    services: [DB.service, APP.service, name('old')],
    outdated: [DB.service, APP.service],
    removed: [name('old')],
  };
  const services = [service('db'), service('app', { dependsOn: [needs('db')] }), service('old')];
  const { view } = await viewsAfter(services, [
    ...comesUp('db', 1),
    ...comesUp('app', 2),
    ...comesUp('old', 4),
    configured,
    stopping({ cause: 'reconfigured' }),
  ]);
  assert.match(
    view('db').note,
    /^will be restarted with the new configuration after app \(stopping for the new configuration: \d+ s to SIGKILL\)$/,
  );
  assert.deepEqual([view('db').configuration, view('old').configuration], ['outdated', 'removed']);
  assert.equal(view('old').note, 'removed from the configuration');
});

test('what a service was promised and does not have, what it says of itself, what it left behind', async () => {
  const stray = { pid: 77 as Pid, name: 'worker' };
  const { view, output } = await viewsAfter(
    [service('app', { readiness: { kind: 'notify-socket' } })],
    [
      { type: 'starting', ...APP, atMs: nowMs() },
      {
        type: 'spawned',
        ...APP,
        pid: 5 as Pid,
        degraded: ['no memory limit: the control group is read-only'],
      },
      { type: 'status-told', ...APP, text: 'warming up' },
      { type: 'leader-changed', ...APP, pid: 6 as Pid },
      { type: 'timeout-extended', ...APP, untilMs: nowMs() + 30_000 },
      { type: 'strays-found', ...APP, strays: [stray] },
    ],
  );
  const app = view('app');
  assert.equal(
    app.note,
    'not ready yet: no READY=1 so far; degraded: no memory limit: the control group is read-only',
  );
  assert.deepEqual([app.status_text, app.pid, app.degraded.length], ['warming up', 6, 1]);
  assert.deepEqual(app.strays, [{ ...stray, run: 2 }]);
  assert.match(output, /app is starting, pid 5, degraded: no memory limit/);
  assert.match(output, /app has a new main process, pid 6/);
  assert.match(output, /app asked for more time and has \d+ s/);
  assert.match(output, /app has left processes behind: worker \(pid 77\)/);
  assert.doesNotMatch(output, /warming up/);
});

test('an end by the OOM killer is told as one', async () => {
  const reason = { kind: 'exit', exit: OOM } as const;
  const { view, output } = await viewsAfter(
    [service('app')],
    [...comesUp('app', 2), { type: 'exited', ...APP, exit: OOM }, { type: 'failed', ...APP, reason }],
  );
  assert.equal(view('app').note, 'killed by the OOM killer (SIGKILL), gave up');
  assert.equal(view('app').last_exit?.oom, true);
  assert.match(output, /app killed by the OOM killer \(SIGKILL\): gave up/);
});

test('the errno of a failed start is said once', async () => {
  const error = { code: 'ENOENT', message: 'cannot start /no/such: not found (ENOENT)' };
  const bare = { code: 'EAGAIN', message: 'no process left' };
  const { view, output } = await viewsAfter(
    [service('app'), service('db')],
    [
      { type: 'failed', ...APP, reason: { kind: 'spawn', error } },
      { type: 'spawn-failed', ...APP, error },
      { type: 'failed', ...DB, reason: { kind: 'spawn', error: bare } },
    ],
  );
  assert.equal(view('app').note, 'cannot be started: /no/such: not found (ENOENT), gave up');
  assert.equal(view('db').note, 'cannot be started: no process left (EAGAIN), gave up');
  assert.match(output, /app cannot be started: \/no\/such: not found \(ENOENT\)$/m);
});

test('a startup probe that has not passed, and readiness after it', async () => {
  const starting: readonly BosunEvent[] = [
    { type: 'starting', ...APP, atMs: nowMs() },
    { type: 'spawned', ...APP, pid: 5 as Pid, degraded: [] },
    { type: 'probe-failed', ...APP, purpose: 'startup', failures: 0, reason: 'no file' },
  ];
  const spec = service('app', { startup: PROBE, readiness: { kind: 'notify-fd', fd: 3 } });
  const { view } = await viewsAfter([spec], starting);
  assert.equal(view('app').note, 'startup probe not passed yet: no file');
  const later = await viewsAfter([spec], [...starting, { type: 'started', ...APP }]);
  assert.equal(later.view('app').note, 'not ready yet: no newline on descriptor 3 so far');
  assert.match(later.output, /app has started: its startup probe has passed/);
});

test('a failing hook, and why a run was not alive, are remembered beside the state', async () => {
  const { view, output } = await viewsAfter(
    [service('app', { liveness: { ...PROBE, graceMs: 1000 } })],
    [
      ...comesUp('app', 2),
      {
        type: 'hook-finished',
        ...APP,
        hook: 'pre_stop',
        outcome: { kind: 'failed', detail: 'exit code 1: no' },
      },
      { type: 'probe-failed', ...APP, purpose: 'liveness', failures: 2, reason: 'timed out' },
    ],
  );
  assert.equal(view('app').note, 'liveness failed 2 of 3 times: timed out');
  assert.equal(view('app').liveness_failures, 2);
  assert.deepEqual(view('app').last_hook_failure, { hook: 'pre_stop', run: 2, detail: 'exit code 1: no' });
  assert.match(output, /app: hook pre_stop failed: exit code 1: no/);
});

test('a list in a sentence has an end', async () => {
  const many = Array.from({ length: 30 }, (_, index) => service(`db${index}`));
  const app = service('app', { dependsOn: many.map((spec) => needs(spec.name)) });
  const { view } = await viewsAfter([...many, app], [{ type: 'waiting', service: APP.service }]);
  assert.match(view('app').note, /^waiting for db0 \(stopped\), .*db4 \(stopped\) and 25 more$/);
  assert.equal(view('app').waiting_for.length, 30);
});

const DUE = { clock: 'wall', atMs: Date.parse('2999-01-01T03:00:00Z') } as const;

test('a timer shows its next run, is healthy between runs and in one, and its runs are told', async () => {
  const spec = service('app', { type: 'timer', schedule: { kind: 'every', periodMs: 1000 } });
  const scheduled: BosunEvent = { type: 'scheduled', service: APP.service, due: DUE };
  const exited: BosunEvent = { type: 'exited', ...APP, exit: { kind: 'code', code: 4 } };
  const between = await viewsAfter([spec], [scheduled]);
  assert.deepEqual(
    [between.view('app').ready, between.view('app').next?.action, between.view('app').next?.at],
    [true, 'run', '2999-01-01T03:00:00.000Z'],
  );
  const starts: readonly BosunEvent[] = [scheduled, ...comesUp('app', 2).slice(0, 2)];
  assert.equal((await viewsAfter([spec], starts)).view('app').ready, true);
  const { output } = await viewsAfter([spec], [...starts, exited, scheduled]);
  assert.match(output, /app: next run in \d+ d$/m);
  assert.match(output, /app exited with code 4: next run in \d+ d$/m);
});

test('an attached service: what the search has found, who else it could have been, that nobody knows how it ended', async () => {
  const looking: readonly BosunEvent[] = [
    { type: 'starting', ...APP, atMs: nowMs() },
    { type: 'looking', ...APP, finding: '' },
    { type: 'looking', ...APP, finding: '/run/app.pid does not exist' },
  ];
  const spec = service('app', { type: 'attached', command: undefined });
  const before = await viewsAfter([spec], looking);
  assert.equal(before.view('app').note, 'looking for its process: /run/app.pid does not exist');
  const reason = { kind: 'exit', exit: { kind: 'unknown' } } as const;
  const { view, output } = await viewsAfter(
    [spec],
    [
      ...looking,
      {
        type: 'attached',
        ...APP,
        pid: 5 as Pid,
        others: [{ pid: 6 as Pid, name: 'web' }],
        degraded: ['no signals'],
      },
      { type: 'exited', ...APP, exit: reason.exit },
      { type: 'failed', ...APP, reason },
    ],
  );
  assert.equal(view('app').type, 'attached');
  assert.deepEqual(view('app').last_exit, {
    code: null,
    signal: null,
    core_dumped: false,
    oom: false,
    text: 'ended (how is not known)',
  });
  assert.match(view('app').note, /^ended \(how is not known\), gave up/);
  assert.match(output, /app has been found, pid 5; the same is true of web \(pid 6\), degraded: no signals/);
});

test('one that was not found in time says what the last search has found', async () => {
  const reason = { kind: 'not-found', finding: '/run/app.pid does not exist', exit: undefined } as const;
  const { view, output } = await viewsAfter(
    [service('app')],
    [
      { type: 'detached', ...APP },
      { type: 'failed', ...APP, reason },
    ],
  );
  assert.equal(view('app').note, 'was not found in time: /run/app.pid does not exist, gave up');
  assert.match(output, /app is let go of: its process goes on/);
});
