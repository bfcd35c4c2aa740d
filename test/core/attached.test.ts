// Attached services: what each input makes of each state, one row each, and what on_gone makes of the end.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import { plannedProbes } from '../../supervisor/core/probe-plan.ts';
import type { ProbeSpec } from '../../supervisor/core/probe-spec.ts';
import type { RestartSpec, ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { serviceTimer } from '../../supervisor/core/timers.ts';
import { code, Drive, KILLED } from '../support/drive.ts';
import { needs, service } from '../support/specs.ts';

const PROBE: ProbeSpec = {
  action: { kind: 'file', path: '/x' },
  initialDelayMs: 0,
  periodMs: 1000,
  timeoutMs: 1000,
  successThreshold: 1,
  failureThreshold: 1,
};
const PROBED = { kind: 'probe', probe: PROBE } as const;
const RUN = { service: 'a' as ServiceName, run: 1 as RunId };
const PID = 77 as Pid;
const query = (command: string) => ({ command, executable: undefined, pidFile: undefined, uid: undefined });

function attached(more: Partial<ServiceSpec> = {}, policy: RestartSpec['policy'] = 'always'): ServiceSpec {
  const { restart, stop } = service('a');
  return service('a', {
    type: 'attached',
    command: undefined,
    attachment: { kind: 'process', query: query('master') },
    startupTimeoutMs: 0,
    restart: { ...restart, policy },
    stop: { ...stop, killMode: 'process' },
    reload: { kind: 'signal', signal: 'SIGHUP' },
    successExitCodes: [],
    ...more,
  });
}

const found = (drive: Drive, run = drive.record('a').lastRun): Drive =>
  drive.feed({ type: 'attached', ...RUN, run: run as RunId, pid: PID, others: [], degraded: [] });
const looked = (drive: Drive, finding: string): Drive => drive.feed({ type: 'looked', ...RUN, finding });

/** How a drive comes to each state. */
const STATES = {
  looking: (spec) => new Drive(spec).boot(),
  starting: (spec) => found(new Drive({ ...spec, readiness: PROBED }).boot()),
  running: (spec) => found(new Drive(spec).boot()),
  unready: (spec) =>
    found(new Drive({ ...spec, readiness: PROBED }).boot())
      .probed('a', 'readiness', 'ok')
      .probed('a', 'readiness', 'failed'),
  stopping: (spec) => found(new Drive(spec).boot()).command('stop', 'a'),
  backoff: (spec) => found(new Drive(spec).boot()).exited('a', code(0)),
  stopped: (spec) => new Drive(spec).boot().command('stop', 'a'),
} as const satisfies Readonly<Record<string, (spec: ServiceSpec) => Drive>>;

type Row = readonly [from: keyof typeof STATES, did: readonly string[], to: string];

const INPUTS: readonly {
  readonly name: string;
  readonly feed: (drive: Drive) => Drive;
  readonly rows: readonly Row[];
}[] = [
  {
    name: 'the operator stops it',
    feed: (drive) => drive.command('stop', 'a'),
    rows: [
      ['looking', ['detach a', 'reply'], 'stopped'],
      ['starting', ['stop-leader a SIGTERM', 'reply'], 'stopping'],
      ['running', ['stop-leader a SIGTERM', 'reply'], 'stopping'],
      ['unready', ['stop-leader a SIGTERM', 'reply'], 'stopping'],
      ['stopping', ['reply'], 'stopping'],
      ['backoff', ['reply'], 'stopped'],
    ],
  },
  {
    name: 'the operator restarts it',
    feed: (drive) => drive.command('restart', 'a'),
    rows: [
      ['looking', ['detach a', 'attach a', 'reply'], 'starting'],
      ['running', ['stop-leader a SIGTERM', 'reply'], 'stopping'],
      ['backoff', ['attach a', 'reply'], 'starting'],
      ['stopped', ['attach a', 'reply'], 'starting'],
    ],
  },
  {
    name: 'the operator sends a signal',
    feed: (drive) => drive.command('signal', 'a'),
    rows: [
      ['looking', ['reply'], 'starting'],
      ['starting', ['signal-leader a SIGHUP', 'reply'], 'starting'],
      ['running', ['signal-leader a SIGHUP', 'reply'], 'running'],
      ['stopping', ['signal-leader a SIGHUP', 'reply'], 'stopping'],
      ['backoff', ['reply'], 'backoff'],
    ],
  },
  {
    name: 'the operator reloads it',
    feed: (drive) => drive.command('reload', 'a'),
    rows: [
      ['looking', ['reply'], 'starting'],
      ['starting', ['reply'], 'starting'],
      ['running', ['signal-leader a SIGHUP', 'reply'], 'running'],
      ['unready', ['signal-leader a SIGHUP', 'reply'], 'unready'],
    ],
  },
  {
    name: 'Bosun is to end',
    feed: (drive) => drive.signal('SIGTERM'),
    rows: [
      ['looking', ['detach a', 'sweep SIGTERM'], 'stopped'],
      ['starting', ['detach a', 'sweep SIGTERM'], 'stopped'],
      ['running', ['detach a', 'sweep SIGTERM'], 'stopped'],
      ['unready', ['detach a', 'sweep SIGTERM'], 'stopped'],
      // Asked to end, and not killed for not having done so yet.
      ['stopping', ['detach a', 'sweep SIGTERM'], 'stopped'],
      ['backoff', ['sweep SIGTERM'], 'stopped'],
    ],
  },
  {
    name: 'a configuration without it',
    feed: (drive) => drive.apply(service('b')),
    rows: [
      ['looking', ['detach a', 'spawn b', 'reply'], 'gone'],
      ['running', ['detach a', 'spawn b', 'reply'], 'gone'],
      ['unready', ['detach a', 'spawn b', 'reply'], 'gone'],
      ['stopping', ['detach a', 'spawn b', 'reply'], 'gone'],
      ['backoff', ['spawn b', 'reply'], 'gone'],
    ],
  },
  {
    name: 'a configuration that looks for another process',
    feed: (drive) => drive.apply(attached({ attachment: { kind: 'process', query: query('other') } })),
    rows: [
      ['looking', ['detach a', 'attach a', 'reply'], 'starting'],
      ['running', ['detach a', 'attach a', 'reply'], 'starting'],
      ['backoff', ['attach a', 'reply'], 'starting'],
    ],
  },
  {
    name: 'it is gone',
    feed: (drive) => drive.exited('a', { kind: 'unknown' }),
    rows: [
      ['starting', [], 'backoff'],
      ['running', [], 'backoff'],
      ['unready', [], 'backoff'],
      ['stopping', [], 'stopped'],
    ],
  },
  {
    name: 'it is found',
    feed: (drive) => found(drive),
    rows: [
      ['looking', [], 'running'],
      ['running', [], 'running'],
      ['backoff', [], 'backoff'],
      ['stopped', [], 'stopped'],
    ],
  },
];

for (const { name, feed, rows } of INPUTS)
  describe(name, () => {
    for (const [from, did, to] of rows)
      test(`${from} -> ${to}: ${did.join(', ') || 'nothing'}`, () => {
        const drive = feed(STATES[from](attached()));
        assert.deepEqual(drive.did, did);
        const record = drive.fleet.services.find((candidate) => candidate.name === 'a');
        assert.equal(record?.state.kind ?? 'gone', to);
      });
  });

describe('the search', () => {
  test('tells why nothing was found, once for each reason, and asks no probe meanwhile', () => {
    const spec = attached({ readiness: PROBED });
    const drive = new Drive(spec).boot();
    for (const finding of ['none', 'none', 'no file', 'none']) looked(drive, finding);
    const told = drive.events.flatMap((event) => (event.type === 'looking' ? [event.finding] : []));
    assert.deepEqual(told, ['', 'none', 'no file', 'none']);
    assert.deepEqual(plannedProbes(spec, drive.record('a')), []);
    assert.equal(serviceTimer(spec, drive.record('a')), undefined);
    found(drive);
    assert.deepEqual(
      plannedProbes(spec, drive.record('a')).map(({ purpose }) => purpose),
      ['readiness'],
    );
    assert.equal(drive.probed('a', 'readiness', 'ok').state('a'), 'running');
  });

  test('ends with the startup timeout where there is one, and begins again by the back-off', () => {
    const spec = attached({ startupTimeoutMs: 300 });
    const drive = looked(new Drive(spec).boot(), 'no file');
    assert.equal(serviceTimer(spec, drive.record('a'))?.timer, 'startup-timeout');
    assert.deepEqual(drive.timer('a', 'startup-timeout').did, ['detach a']);
    const { state } = drive.record('a');
    assert.ok(state.kind === 'backoff');
    assert.deepEqual(state.reason, { kind: 'not-found', finding: 'no file', exit: undefined });
    assert.deepEqual(drive.wait(500).timer('a', 'backoff').did, ['attach a']);
  });

  test('a process that is found and not ready in time is left alone', () => {
    const drive = found(new Drive(attached({ startupTimeoutMs: 300, readiness: PROBED })).boot());
    assert.deepEqual(drive.timer('a', 'startup-timeout').did, ['detach a']);
    const { state } = drive.record('a');
    assert.ok(state.kind === 'backoff');
    assert.deepEqual(state.reason, { kind: 'startup-timeout', exit: undefined });
  });

  test('what was found by a search that is over is not taken', () => {
    const drive = new Drive(attached()).boot().command('restart', 'a');
    assert.equal(found(drive, 1 as RunId).state('a'), 'starting');
    assert.equal(found(drive, 2 as RunId).state('a'), 'running');
  });

  test('a process that was found is not given up for another', () => {
    const drive = found(new Drive(attached({ readiness: PROBED })).boot());
    const other = { pid: 78 as Pid, others: [], degraded: [] };
    const before = drive.record('a');
    assert.equal(drive.feed({ type: 'attached', ...RUN, ...other }).record('a'), before);
  });

  test('what depends on it waits until it is found', () => {
    const drive = new Drive(attached(), service('b', { dependsOn: [needs('a')] })).boot();
    assert.deepEqual(drive.did, ['attach a']);
    assert.deepEqual(found(drive).did, ['spawn b']);
  });
});

describe('when it is gone', () => {
  test('wait: looked for again by the back-off, however it ended', () => {
    const drive = found(new Drive(attached()).boot()).exited('a', code(0));
    assert.equal(drive.state('a'), 'backoff');
    assert.deepEqual(drive.wait(500).timer('a', 'backoff').did, ['attach a']);
  });

  test('fail: it has failed, however it ended, and the container goes on', () => {
    const drive = found(new Drive(attached({}, 'never')).boot()).exited('a', code(0));
    assert.equal(drive.state('a'), 'failed');
    assert.equal(drive.fleet.phase.kind, 'up');
    assert.deepEqual(drive.command('start', 'a').did, ['attach a', 'reply']);
  });

  const CODES = [
    [code(3), 3],
    [code(0), 1],
    [KILLED, 137],
    [{ kind: 'unknown' }, 255],
  ] as const;
  for (const [exit, expected] of CODES)
    test(`exit: the container ends at once with ${expected} after ${JSON.stringify(exit)}`, () => {
      const drive = found(new Drive(attached({ importance: 'essential' }, 'never')).boot());
      assert.deepEqual(drive.exited('a', exit).did, ['sweep SIGTERM']);
      assert.deepEqual(drive.feed({ type: 'swept' }).did, [`exit ${expected}`]);
    });

  test('exit: not to be found in time is an end too', () => {
    const spec = attached({ importance: 'essential', startupTimeoutMs: 300 }, 'never');
    const drive = new Drive(spec).boot().timer('a', 'startup-timeout');
    assert.deepEqual(drive.did, ['detach a', 'sweep SIGTERM']);
    assert.deepEqual(drive.feed({ type: 'swept' }).did, ['exit 1']);
  });

  test('what the operator has stopped ends nothing', () => {
    const drive = found(new Drive(attached({ importance: 'essential' }, 'never')).boot());
    drive.command('stop', 'a').exited('a', KILLED);
    assert.deepEqual([drive.state('a'), drive.fleet.phase.kind], ['stopped', 'up']);
  });
});

test('a stop is followed by SIGKILL when the grace period is over; failed liveness too', () => {
  const drive = found(new Drive(attached({ liveness: { ...PROBED, graceMs: 100 } })).boot());
  assert.deepEqual(drive.probed('a', 'liveness', 'failed').did, ['stop-leader a SIGTERM']);
  assert.deepEqual(drive.wait(100).timer('a', 'kill').did, ['stop-leader a SIGKILL']);
  assert.equal(drive.exited('a', KILLED).state('a'), 'backoff');
});

test('its dependents go first, then it is let go of', () => {
  const drive = found(new Drive(attached(), service('b', { dependsOn: [needs('a')] })).boot()).spawned('b');
  assert.deepEqual(drive.signal('SIGTERM').did, ['signal-group b SIGTERM']);
  assert.equal(drive.state('a'), 'running');
  assert.deepEqual(drive.exited('b', code(0)).did, ['detach a', 'sweep SIGTERM']);
});
