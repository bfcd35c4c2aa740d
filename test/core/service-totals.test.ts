// What is counted of a service over its runs, event by event.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ServiceEvent } from '../../supervisor/core/event.ts';
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import type { Pid, RunId, ServiceName } from '../../supervisor/core/names.ts';
import type { ServiceState, StopCause } from '../../supervisor/core/service-state.ts';
import { NO_TOTALS, totalsAfter } from '../../supervisor/core/service-totals.ts';

const of = { service: 'web' as ServiceName, run: 1 as RunId };
const counts = { readinessSuccesses: 0, readinessFailures: 0, livenessFailures: 0 };
const process = { kind: 'launched', pid: 10 as Pid } as const;
const running: ServiceState = {
  kind: 'running',
  run: of.run,
  pid: process.pid,
  startedAtMs: 0,
  readyAtMs: 5,
  counts,
  reload: 'none',
};

function stopping(cause: StopCause): ServiceState {
  return {
    kind: 'stopping',
    run: of.run,
    process,
    cause,
    startedAtMs: 0,
    killAtMs: 0,
    step: 'asked',
    exit: undefined,
  };
}

function exited(exit: ExitStatus): ServiceEvent {
  return { type: 'exited', ...of, exit };
}

function signal(by: 'oom' | 'unknown'): ExitStatus {
  return { kind: 'signal', signal: 'SIGKILL', number: 9, core: 'none', by };
}

const CODE_0 = { kind: 'code', code: 0 } as const;

for (const [reason, state, exit] of [
  ['completed', running, CODE_0],
  ['error', running, { kind: 'code', code: 3 }],
  ['signal', running, signal('unknown')],
  ['oom', running, signal('oom')],
  ['unknown', running, { kind: 'unknown' }],
  ['error', stopping('leader-exited'), { kind: 'code', code: 3 }],
  ['requested', stopping('requested'), CODE_0],
  ['restart', stopping('restart'), signal('unknown')],
  ['liveness-failed', stopping('liveness-failed'), CODE_0],
] as const)
  test(`an end in the state ${state.kind} with ${JSON.stringify(exit)} is counted as ${reason}`, () => {
    const once = totalsAfter(NO_TOTALS, state, exited(exit));
    assert.deepEqual(once.exits, { [reason]: 1 });
    assert.deepEqual(totalsAfter(once, state, exited(exit)).exits, { [reason]: 2 });
    assert.deepEqual(once.restarts, {});
  });

test('a restart by the policy is counted by how the run had ended', () => {
  const reason = { kind: 'spawn', error: { code: 'ENOENT', message: '' } } as const;
  const event = { type: 'backing-off', ...of, reason, delayMs: 1, atMs: 0, keepRestarts: 1 } as const;
  assert.deepEqual(totalsAfter(NO_TOTALS, running, event).restarts, { spawn: 1 });
});

test('a restart that somebody wanted is counted when the run before it has gone; a stop is none', () => {
  const waiting = { type: 'waiting', service: of.service } as const;
  const after = (cause: StopCause): object => totalsAfter(NO_TOTALS, stopping(cause), waiting).restarts;
  assert.deepEqual(after('restart'), { requested: 1 });
  assert.deepEqual(after('dependency-restarted'), { 'dependency-restarted': 1 });
  assert.deepEqual(after('reconfigured'), { reconfigured: 1 });
  for (const cause of [
    'requested',
    'shutdown',
    'startup-timeout',
    'liveness-failed',
    'hook-failed',
    'leader-exited',
  ] as const)
    assert.deepEqual(after(cause), {}, cause);
  assert.deepEqual(totalsAfter(NO_TOTALS, { kind: 'stopped' }, waiting).restarts, {});
});

test('the time until ready is that of the start; what comes after a time of being unready does not change it', () => {
  const starting: ServiceState = {
    kind: 'starting',
    run: of.run,
    process,
    startedAtMs: 100,
    startup: 'pending',
    extendedToMs: 0,
    lastProbeError: '',
    counts,
    whenReady: 'nothing',
  };
  const ready = { type: 'ready', ...of, atMs: 350 } as const;
  const totals = totalsAfter(NO_TOTALS, starting, ready);
  assert.equal(totals.readyAfterMs, 250);
  const unready: ServiceState = {
    kind: 'unready',
    run: of.run,
    pid: process.pid,
    startedAtMs: 100,
    reason: '',
    counts,
  };
  assert.equal(totalsAfter(totals, unready, { ...ready, atMs: 9000 }).readyAfterMs, 250);
});
