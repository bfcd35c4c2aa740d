// A new configuration in place of the old one: what is touched, in what order, and what happens when it comes at a bad moment.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { planChanges } from '../../supervisor/core/configuration-change.ts';
import { DEFAULT_LOGS, type LogFileSpec } from '../../supervisor/core/log-spec.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { code, Drive } from '../support/drive.ts';
import { fleetOf, needs, service } from '../support/specs.ts';

const db = service('db');
const app = service('app', { dependsOn: [needs('db')] });
const other = service('other');
const LOG_FILE: LogFileSpec = {
  directory: '/var/log/app',
  format: 'timed',
  maxBytes: 1024,
  maxAgeMs: 0,
  keep: 5,
  totalBytes: 0,
  compress: 'gzip',
  mode: 0o640,
  uid: undefined,
  gid: undefined,
};
const changed = (spec: ServiceSpec): ServiceSpec => ({ ...spec, command: ['new'] });

const up = (...services: readonly ServiceSpec[]): Drive => {
  const drive = new Drive(...services).boot();
  for (const { name } of services) drive.spawned(name);
  return drive;
};

describe('a plan', () => {
  const kinds = (before: readonly ServiceSpec[], after: readonly ServiceSpec[]): readonly string[] =>
    planChanges(fleetOf(...before), fleetOf(...after)).map(({ service: name, kind, parts }) =>
      `${name} ${kind} ${parts.join(' ')}`.trim(),
    );

  test('names what is added, removed, restarted and updated, and leaves out what stays', () => {
    const quieter = { ...other, restart: { ...other.restart, policy: 'never' } } as const;
    assert.deepEqual(kinds([db, app, other], [db, changed(app), quieter, service('new')]), [
      'app restarted command',
      'other updated restart',
      'new added',
    ]);
    assert.deepEqual(kinds([db, app], [db]), ['app removed']);
    assert.deepEqual(kinds([db, app], [db, app]), []);
  });

  test('does not count the order of variables', () => {
    const first = service('a', { environment: { A: '1', B: '2' } });
    assert.deepEqual(kinds([first], [service('a', { environment: { B: '2', A: '1' } })]), []);
  });

  test('restarts where another kill mode makes others belong to the run; the rest of stop is used in place', () => {
    const stop = db.stop;
    assert.deepEqual(kinds([db], [{ ...db, stop: { ...stop, killMode: 'process' } }]), ['db restarted stop']);
    assert.deepEqual(kinds([db], [{ ...db, stop: { ...stop, timeoutMs: 1 } }]), ['db updated stop']);
  });

  test('never restarts for what becomes of the lines', () => {
    const quiet = { ...db, logs: { ...DEFAULT_LOGS, format: 'raw', stdout: 'hidden' } } as const;
    assert.deepEqual(kinds([db], [quiet]), ['db updated logs']);
  });

  test('restarts where a service was told at its start how to tell of itself', () => {
    const notify = service('a', { readiness: { kind: 'notify-socket' } });
    assert.deepEqual(kinds([service('a')], [notify]), ['a restarted readiness']);
    const watched = service('a', { liveness: { kind: 'watchdog', periodMs: 1000, graceMs: 1 } });
    assert.deepEqual(kinds([watched], [service('a')]), ['a restarted liveness']);
  });
});

describe('applying a configuration', () => {
  test('that is the same touches nothing', () => {
    const drive = up(db, app).apply(db, app);
    assert.deepEqual(drive.did, ['reply']);
    assert.equal(drive.reply, '');
  });

  test('restarts what changed and nothing else, with the new version', () => {
    const drive = up(db, other).apply(changed(db), other);
    assert.deepEqual(drive.did, ['signal-group db SIGTERM', 'reply']);
    assert.equal(drive.record('db').configured, 'outdated');
    assert.deepEqual(drive.exited('db', code(0)).did, ['spawn db']);
    assert.equal(drive.record('db').configured, 'current');
    assert.equal(drive.spec('db').command?.[0], 'new');
  });

  test('restarts several in order: dependents end first, and start when their dependency is healthy', () => {
    const drive = up(db, app).apply(changed(db), changed(app));
    assert.deepEqual(drive.did, ['signal-group app SIGTERM', 'reply']);
    assert.deepEqual(drive.exited('app', code(0)).did, ['signal-group db SIGTERM']);
    assert.deepEqual(drive.exited('db', code(0)).did, ['spawn db']);
    assert.deepEqual(drive.spawned('db').did, ['spawn app']);
  });

  test('stops what is removed after what needed it, and forgets it', () => {
    const drive = up(db, app).apply(changed({ ...app, dependsOn: [] }));
    assert.deepEqual(drive.did, ['signal-group app SIGTERM', 'reply']);
    // The old run of app still needs db; the new one does not, and does not wait for its end.
    assert.deepEqual(drive.exited('app', code(0)).did, ['signal-group db SIGTERM', 'spawn app']);
    drive.exited('db', code(0));
    assert.deepEqual(
      drive.fleet.services.map(({ name }) => name),
      ['app'],
    );
  });

  test('starts what is added, in its place', () => {
    const drive = up(db).apply(db, app);
    assert.deepEqual(drive.did, ['spawn app', 'reply']);
  });

  test('uses what a running process need not know without restarting it', () => {
    const never = { ...db, restart: { ...db.restart, policy: 'never' } } as const;
    const drive = up(db).apply(never);
    assert.deepEqual(drive.did, ['reply']);
    assert.equal(drive.exited('db', code(1)).state('db'), 'failed');
  });

  test('that changes only what becomes of the lines touches no run, and gives no other chance to what failed', () => {
    const quiet = (spec: ServiceSpec): ServiceSpec => ({
      ...spec,
      logs: { ...DEFAULT_LOGS, file: LOG_FILE, forward: ['central'] },
    });
    const once = service('once', { restart: { ...db.restart, policy: 'never' } });
    const drive = up(db, other, once).exited('other', code(1)).exited('once', code(1));
    drive.apply(quiet(db), quiet(other), quiet(once));
    assert.deepEqual(drive.did, ['reply']);
    assert.deepEqual(drive.record('db').configured, 'current');
    assert.equal(drive.spec('db').logs.file, LOG_FILE);
    assert.deepEqual(
      ['db', 'other', 'once'].map((name) => drive.state(name)),
      ['running', 'backoff', 'failed'],
    );
  });

  test('gives what has failed or backs off another chance at once', () => {
    const drive = up(db).exited('db', code(1));
    assert.equal(drive.state('db'), 'backoff');
    assert.deepEqual(drive.apply(changed(db)).did, ['spawn db', 'reply']);
  });

  test('keeps what the operator stopped stopped, also when it changed or comes back', () => {
    const drive = up(db).command('stop', 'db').exited('db', code(0)).apply(changed(db));
    assert.equal(drive.state('db'), 'stopped');
    assert.deepEqual(drive.did, ['reply']);
  });

  test('that takes a service back in before it has gone: it is there again, and nobody had stopped it', () => {
    const drive = up(db, other).apply(other).apply(db, other);
    assert.equal(drive.record('db').configured, 'current');
    assert.deepEqual(drive.exited('db', code(0)).did, ['spawn db']);
  });

  test('a second time before the first is over: the newest counts', () => {
    const newest = { ...db, command: ['newest'] } as const;
    const drive = up(db).apply(changed(db)).apply(newest).exited('db', code(0));
    assert.deepEqual(drive.did, ['spawn db']);
    assert.equal(drive.spec('db').command?.[0], 'newest');
  });

  test('skips what cannot run any more, and starts what can again', () => {
    const skipped = { ...db, eligibility: { kind: 'skipped', reason: 'gone' } } as const;
    const drive = up(db).apply(skipped).exited('db', code(0));
    assert.equal(drive.state('db'), 'skipped');
    assert.deepEqual(drive.apply(db).did, ['spawn db', 'reply']);
  });

  test('that comes while the hook before the start is under way: the old version is not started', () => {
    const hooked = service('db', { hooks: { pre_start: { command: ['true'], timeoutMs: 1000 } } });
    // Its dependent is leaving, so that the stop of db itself has to wait.
    const needing = service('app', { dependsOn: [needs('db', { condition: 'service_started' })] });
    const drive = new Drive(hooked, needing).boot().hookFinished('db', 'pre_start', 'done');
    drive.spawned('db').spawned('app').exited('db', code(1)).timer('db', 'backoff');
    drive.apply(changed(hooked), changed(needing));
    assert.deepEqual(drive.did, ['signal-group app SIGTERM', 'reply']);
    assert.deepEqual(drive.hookFinished('db', 'pre_start', 'done').did, ['hook db pre_start']);
    assert.equal(drive.spec('db').command?.[0], 'new');
  });

  test('is refused during a shutdown, and a start of what is being removed too', () => {
    assert.equal(up(db).signal('SIGTERM').apply(changed(db)).reply, 'shutting-down');
    assert.equal(up(db, other).apply(other).command('start', 'db').reply, 'service-not-found');
  });

  test('is asked for by SIGHUP', () => {
    assert.deepEqual(up(db).signal('SIGHUP').did, ['request-apply']);
  });
});
