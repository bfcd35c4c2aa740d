// type: timer. When its runs are due, that they never overlap, and what start and stop mean for it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { serviceTimer } from '../../supervisor/core/timers.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { code, Drive } from '../support/drive.ts';
import { needs, service } from '../support/specs.ts';

const NEVER = {
  policy: 'never',
  delayMs: 0,
  maxDelayMs: 0,
  resetAfterMs: 0,
  burst: { count: 0, windowMs: 1 },
} as const;
const every = (more: Partial<ServiceSpec> = {}): ServiceSpec =>
  service('t', { type: 'timer', schedule: { kind: 'every', periodMs: 10_000 }, restart: NEVER, ...more });

function dueOf(drive: Drive, name = 't'): unknown {
  const { state } = drive.record(name);
  return state.kind === 'scheduled' ? state.due : state.kind;
}

describe('a timer', () => {
  test('waits for its first date, runs, and waits for the next', () => {
    const drive = new Drive(every()).boot();
    assert.deepEqual(dueOf(drive), { clock: 'monotonic', atMs: 11_000 });
    assert.deepEqual(drive.did, []);
    drive.wait(10_000).timer('t', 'schedule');
    assert.deepEqual(drive.did, ['spawn t']);
    drive.spawned('t').wait(3000).exited('t', code(0));
    assert.deepEqual(dueOf(drive), { clock: 'monotonic', atMs: 21_000 });
  });

  test('skips what falls into a run: runs do not overlap and do not pile up', () => {
    const drive = new Drive(every()).boot().wait(10_000).timer('t', 'schedule').spawned('t');
    drive.wait(25_000).exited('t', code(0));
    assert.deepEqual(dueOf(drive), { clock: 'monotonic', atMs: 41_000 });
  });

  test('goes on after a run that failed, and keeps how it ended', () => {
    const drive = new Drive(every())
      .boot()
      .wait(10_000)
      .timer('t', 'schedule')
      .spawned('t')
      .exited('t', code(7));
    assert.equal(drive.state('t'), 'scheduled');
    assert.deepEqual(drive.record('t').lastExit, code(7));
  });

  test('by the calendar is due on the wall clock, whatever the monotonic one says', () => {
    const schedule = { kind: 'cron', expression: '0 * * * *', timeZone: 'UTC' } as const;
    const spec = every({ schedule });
    const drive = new Drive(spec);
    drive.wallMs = 3_600_000 * 5 + 1;
    drive.boot();
    assert.deepEqual(dueOf(drive), { clock: 'wall', atMs: 3_600_000 * 6 });
    assert.equal(serviceTimer(spec, drive.record('t'))?.clock, 'wall');
  });

  test('started by the operator runs now; stopped and started again it is scheduled again', () => {
    const drive = new Drive(every()).boot().command('start', 't');
    assert.deepEqual(drive.did, ['spawn t', 'reply']);
    drive.spawned('t').exited('t', code(0)).command('stop', 't');
    assert.equal(drive.state('t'), 'stopped');
    drive.command('start', 't');
    assert.equal(drive.state('t'), 'scheduled');
    assert.deepEqual(drive.did, ['reply']);
  });

  test('that is due waits for its dependencies', () => {
    const drive = new Drive(service('a'), every({ dependsOn: [needs('a')] })).boot();
    drive.wait(10_000).timer('t', 'schedule');
    assert.equal(drive.state('t'), 'waiting');
    assert.deepEqual(drive.spawned('a').did, ['spawn t']);
  });

  test('stopped between two runs has no timer left, and a late one means nothing', () => {
    const spec = every();
    const drive = new Drive(spec).boot().command('stop', 't');
    assert.equal(serviceTimer(spec, drive.record('t')), undefined);
    assert.deepEqual(drive.timer('t', 'schedule').did, []);
  });

  test('keeps no container from ending', () => {
    assert.deepEqual(new Drive(every()).boot().signal('SIGTERM').did, ['sweep SIGTERM']);
  });
});
