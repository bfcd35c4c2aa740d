// The startup probe and what a service says of itself: gates, thresholds, the deadlines that are moved.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Pid } from '../../supervisor/core/names.ts';
import { plannedProbes } from '../../supervisor/core/probe-plan.ts';
import type { ProbeSpec } from '../../supervisor/core/probe-spec.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { serviceTimer } from '../../supervisor/core/timers.ts';
import { code, Drive } from '../support/drive.ts';
import { service } from '../support/specs.ts';

const probe: ProbeSpec = {
  action: { kind: 'file', path: '/x' },
  initialDelayMs: 0,
  periodMs: 1000,
  timeoutMs: 1000,
  successThreshold: 1,
  failureThreshold: 2,
};
const PROBED = { kind: 'probe', probe } as const;
const LOG = { kind: 'log', pattern: 'booted', stream: 'both' } as const;

const asked = (drive: Drive, spec: ServiceSpec): readonly string[] =>
  plannedProbes(spec, drive.record(spec.name)).map(({ purpose }) => purpose);

describe('a startup probe', () => {
  const spec = service('a', { startup: PROBED, readiness: PROBED, liveness: { ...PROBED, graceMs: 1000 } });

  test('is asked alone until it has passed; then readiness and liveness are', () => {
    const drive = new Drive(spec).boot().spawned('a');
    assert.deepEqual(asked(drive, spec), ['startup']);
    drive.probed('a', 'startup', 'ok');
    assert.equal(drive.state('a'), 'starting');
    assert.deepEqual(asked(drive, spec), ['readiness', 'liveness']);
    assert.equal(drive.probed('a', 'readiness', 'ok').state('a'), 'running');
  });

  test('ends the start-up timeout: readiness is then awaited without a limit', () => {
    const drive = new Drive(spec).boot().spawned('a');
    assert.equal(serviceTimer(spec, drive.record('a'))?.timer, 'startup-timeout');
    drive.probed('a', 'startup', 'ok');
    assert.equal(serviceTimer(spec, drive.record('a')), undefined);
    assert.deepEqual(drive.timer('a', 'startup-timeout').did, []);
  });

  test('that does not pass in time is a failure, never “online anyway”', () => {
    const drive = new Drive(spec).boot().spawned('a').timer('a', 'startup-timeout');
    assert.deepEqual(drive.did, ['signal-group a SIGTERM']);
    assert.equal(drive.exited('a', code(0)).state('a'), 'backoff');
  });

  test('keeps what was told before: ready as soon as it has passed', () => {
    const told = service('a', { startup: LOG, readiness: { kind: 'notify-socket' } });
    const drive = new Drive(told).boot().spawned('a').notified('a', { kind: 'ready' });
    assert.equal(drive.state('a'), 'starting');
    assert.equal(drive.probed('a', 'startup', 'ok').state('a'), 'running');
  });

  test('alone makes ready when there is no readiness probe', () => {
    const drive = new Drive(service('a', { startup: LOG })).boot().spawned('a');
    assert.equal(drive.state('a'), 'starting');
    assert.equal(drive.probed('a', 'startup', 'ok').state('a'), 'running');
  });

  test('lets liveness end a run that has started and is not ready', () => {
    const drive = new Drive(spec).boot().spawned('a').probed('a', 'liveness', 'failed');
    assert.deepEqual(drive.events.at(-1)?.type, 'spawned');
    drive.probed('a', 'startup', 'ok').probed('a', 'liveness', 'failed').probed('a', 'liveness', 'failed');
    assert.deepEqual(drive.did, ['signal-group a SIGTERM']);
  });
});

describe('success_threshold', () => {
  const spec = service('a', { readiness: { kind: 'probe', probe: { ...probe, successThreshold: 2 } } });

  test('asks for successes in a row, at the start and after having been unready', () => {
    const drive = new Drive(spec).boot().spawned('a').probed('a', 'readiness', 'ok');
    assert.equal(drive.state('a'), 'starting');
    drive.probed('a', 'readiness', 'failed').probed('a', 'readiness', 'ok');
    assert.equal(drive.state('a'), 'starting');
    assert.equal(drive.probed('a', 'readiness', 'ok').state('a'), 'running');
    drive.probed('a', 'readiness', 'failed').probed('a', 'readiness', 'failed');
    assert.equal(drive.probed('a', 'readiness', 'ok').state('a'), 'unready');
    assert.equal(drive.probed('a', 'readiness', 'failed').state('a'), 'unready');
    assert.equal(drive.probed('a', 'readiness', 'ok').state('a'), 'unready');
    assert.equal(drive.probed('a', 'readiness', 'ok').state('a'), 'running');
  });
});

describe('sd_notify', () => {
  const spec = service('a', { readiness: { kind: 'notify-socket' }, startupTimeoutMs: 10_000 });
  const spawned = (): Drive => new Drive(spec).boot().spawned('a');

  test('READY makes ready, where readiness asks for it and nowhere else', () => {
    assert.equal(spawned().notified('a', { kind: 'ready' }).state('a'), 'running');
    const other = new Drive(service('a', { readiness: PROBED })).boot().spawned('a');
    assert.equal(other.notified('a', { kind: 'ready' }).state('a'), 'starting');
  });

  test('RELOADING and the READY after it are a reload; a READY more is nothing', () => {
    const drive = spawned().notified('a', { kind: 'ready' });
    const before = drive.events.length;
    drive.notified('a', { kind: 'ready' });
    assert.equal(drive.events.length, before);
    drive
      .notified('a', { kind: 'reloading' })
      .notified('a', { kind: 'reloading' })
      .notified('a', { kind: 'ready' });
    assert.deepEqual(
      drive.events.slice(before).map(({ type }) => type),
      ['reload-started', 'reload-finished'],
    );
  });

  test('STOPPING takes it out of service', () => {
    assert.equal(spawned().notified('a', { kind: 'ready' }, { kind: 'stopping' }).state('a'), 'unready');
  });

  test('STATUS is kept for the run, and told when it changes', () => {
    const drive = spawned().notified('a', { kind: 'status', text: 'loading' });
    assert.equal(drive.record('a').statusText, 'loading');
    const before = drive.events.length;
    assert.equal(drive.notified('a', { kind: 'status', text: 'loading' }).events.length, before);
    drive.exited('a', code(1)).timer('a', 'backoff');
    assert.equal(drive.record('a').statusText, '');
  });

  test('EXTEND_TIMEOUT_USEC moves the start-up timeout, and never forward', () => {
    const drive = spawned().wait(5000).notified('a', { kind: 'extend-timeout', byMs: 20_000 });
    assert.equal(serviceTimer(spec, drive.record('a'))?.atMs, 26_000);
    drive.notified('a', { kind: 'extend-timeout', byMs: 1000 });
    assert.equal(serviceTimer(spec, drive.record('a'))?.atMs, 26_000);
  });

  test('EXTEND_TIMEOUT_USEC moves SIGKILL, and never beyond the budget of a shutdown', () => {
    const drive = spawned().notified('a', { kind: 'ready' }).command('stop', 'a');
    drive.notified('a', { kind: 'extend-timeout', byMs: 60_000 });
    assert.equal(serviceTimer(spec, drive.record('a'))?.atMs, 61_000);
    drive.signal('SIGTERM');
    const { phase } = drive.fleet;
    assert.ok(phase.kind === 'stopping');
    assert.equal(serviceTimer(spec, drive.record('a'))?.atMs, phase.killAtMs);
    drive.notified('a', { kind: 'extend-timeout', byMs: 60_000 });
    assert.equal(serviceTimer(spec, drive.record('a'))?.atMs, phase.killAtMs);
  });

  test('MAINPID is followed', () => {
    const pid = 4242 as Pid;
    const drive = spawned().notified('a', { kind: 'main-pid', pid });
    assert.deepEqual(drive.did, ['follow-leader a']);
    const { state } = drive.record('a');
    assert.ok(state.kind === 'starting' && state.process.kind === 'launched');
    assert.equal(state.process.pid, pid);
  });
});
