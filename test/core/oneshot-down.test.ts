// A oneshot with a down command: what is undone, when, and in what order.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { code, Drive } from '../support/drive.ts';
import { needs, service } from '../support/specs.ts';

const NEVER = {
  policy: 'never',
  delayMs: 0,
  maxDelayMs: 0,
  resetAfterMs: 0,
  burst: { count: 0, windowMs: 1 },
} as const;
const mount = service('mount', { type: 'oneshot', down: ['umount'], restart: NEVER });
const user = service('user', {
  dependsOn: [needs('mount', { condition: 'service_completed_successfully' })],
});

const up = (): Drive =>
  new Drive(mount, user).boot().spawned('mount').exited('mount', code(0)).spawned('user');

describe('a oneshot that can be undone', () => {
  test('is undone after what needs it has gone, before the container ends', () => {
    const drive = up().signal('SIGTERM');
    assert.deepEqual(drive.did, ['signal-group user SIGTERM']);
    assert.deepEqual(drive.exited('user', code(0)).did, ['spawn mount down']);
    assert.deepEqual(drive.spawned('mount').did, []);
    assert.deepEqual(drive.exited('mount', code(0)).did, ['sweep SIGTERM']);
  });

  test('that was never done is not undone', () => {
    const drive = new Drive(mount, user).boot().spawned('mount').exited('mount', code(1));
    assert.equal(drive.state('mount'), 'failed');
    assert.deepEqual(drive.signal('SIGTERM').did, ['sweep SIGTERM']);
  });

  test('has the grace period of its stop for it, then it is killed', () => {
    const drive = up().signal('SIGTERM').exited('user', code(0)).spawned('mount');
    assert.deepEqual(drive.timer('mount', 'kill').did, ['signal-group mount SIGKILL']);
  });

  test('is not done again by start, and done anew by restart', () => {
    const drive = up().command('start', 'mount');
    assert.deepEqual(drive.did, ['reply']);
    drive.command('restart', 'mount');
    assert.deepEqual(drive.did, ['spawn mount down', 'reply']);
    drive.spawned('mount').exited('mount', code(0));
    assert.deepEqual(drive.did, ['spawn mount']);
  });

  test('whose down command cannot be started is stopped all the same', () => {
    const drive = up().signal('SIGTERM').exited('user', code(0)).spawnFailed('mount', 'ENOENT');
    assert.deepEqual(drive.did, ['sweep SIGTERM']);
  });

  test('is left as it is when the shutdown has no time left', () => {
    const drive = up().signal('SIGTERM').wait(10).signal('SIGTERM');
    assert.deepEqual(drive.did, ['signal-group user SIGKILL']);
    assert.deepEqual(drive.exited('user', code(0)).did, ['sweep SIGTERM']);
  });
});
