// The commands around a run: what must succeed, what is only told, and in what order all of it happens.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { code, Drive } from '../support/drive.ts';
import { service } from '../support/specs.ts';

const HOOK = { command: ['true'], timeoutMs: 1000 } as const;

describe('pre_start', () => {
  const prepared = (): Drive => new Drive(service('a', { hooks: { pre_start: HOOK } })).boot();

  test('comes before the process, which is spawned when it has succeeded', () => {
    const drive = prepared();
    assert.deepEqual(drive.did, ['hook a pre_start']);
    drive.hookFinished('a', 'pre_start', 'done');
    assert.deepEqual(drive.did, ['spawn a']);
    assert.equal(drive.spawned('a').state('a'), 'running');
  });

  test('that fails is a failed start: back-off, and no process', () => {
    const drive = prepared().hookFinished('a', 'pre_start', 'failed');
    assert.deepEqual(drive.did, []);
    assert.equal(drive.state('a'), 'backoff');
    assert.deepEqual(drive.timer('a', 'backoff').did, ['hook a pre_start']);
  });

  test('is cancelled by a stop, and nothing is spawned however it ended', () => {
    const drive = prepared().command('stop', 'a');
    assert.deepEqual(drive.did, ['cancel-hook a pre_start', 'reply']);
    drive.hookFinished('a', 'pre_start', 'done');
    assert.deepEqual(drive.did, []);
    assert.equal(drive.state('a'), 'stopped');
  });

  test('counts to the start-up timeout, which ends it and is a failure', () => {
    const drive = prepared().timer('a', 'startup-timeout');
    assert.deepEqual(drive.did, ['cancel-hook a pre_start']);
    drive.hookFinished('a', 'pre_start', 'failed');
    assert.equal(drive.state('a'), 'backoff');
  });
});

describe('post_start', () => {
  const started = (): Drive => new Drive(service('a', { hooks: { post_start: HOOK } })).boot().spawned('a');

  test('comes when the service is ready, and holds nothing up', () => {
    const drive = started();
    assert.deepEqual(drive.did, ['hook a post_start']);
    assert.equal(drive.state('a'), 'running');
    assert.equal(drive.hookFinished('a', 'post_start', 'done').state('a'), 'running');
  });

  test('that fails ends the run, and counts as a failure', () => {
    const drive = started().hookFinished('a', 'post_start', 'failed');
    assert.deepEqual(drive.did, ['signal-group a SIGTERM']);
    assert.equal(drive.exited('a', code(0)).state('a'), 'backoff');
  });
});

describe('pre_stop', () => {
  const stopping = (): Drive =>
    new Drive(service('a', { hooks: { pre_stop: HOOK } })).boot().spawned('a').command('stop', 'a');

  test('comes before the stop signal, and its failure changes nothing', () => {
    const drive = stopping();
    assert.deepEqual(drive.did, ['hook a pre_stop', 'reply']);
    assert.deepEqual(drive.hookFinished('a', 'pre_stop', 'failed').did, ['signal-group a SIGTERM']);
  });

  test('is part of the grace period: when that is over, it is cancelled and the group killed', () => {
    const drive = stopping().timer('a', 'kill');
    assert.deepEqual(drive.did, ['cancel-hook a pre_stop', 'signal-group a SIGKILL']);
    assert.deepEqual(drive.hookFinished('a', 'pre_stop', 'failed').did, []);
  });

  test('is left out where the leader has gone already', () => {
    const drive = new Drive(service('a', { hooks: { pre_stop: HOOK } })).boot().spawned('a');
    assert.deepEqual(drive.exited('a', code(0), 'populated').did, ['signal-group a SIGTERM']);
  });
});

describe('post_stop', () => {
  const crashed = (): Drive =>
    new Drive(service('a', { hooks: { post_stop: HOOK } })).boot().spawned('a').exited('a', code(3));

  test('comes after every end, also a crash, and before the next run', () => {
    const drive = crashed();
    assert.deepEqual(drive.did, ['hook a post_stop']);
    assert.equal(drive.state('a'), 'stopping');
    assert.equal(drive.hookFinished('a', 'post_stop', 'failed').state('a'), 'backoff');
  });

  test('waits until the whole group has gone', () => {
    const drive = new Drive(service('a', { hooks: { post_stop: HOOK } })).boot().spawned('a');
    assert.deepEqual(drive.exited('a', code(0), 'populated').did, ['signal-group a SIGTERM']);
    assert.deepEqual(drive.groupEmptied('a').did, ['hook a post_stop']);
  });

  test('is cut off by the shutdown’s budget', () => {
    const drive = crashed().signal('SIGTERM');
    assert.deepEqual(drive.did, []);
    drive.wait(8100).feed({ type: 'fleet-timer', timer: 'kill' });
    assert.deepEqual(drive.did, ['cancel-hook a post_stop']);
    assert.deepEqual(drive.hookFinished('a', 'post_stop', 'failed').did, ['sweep SIGTERM']);
  });
});

describe('a stop command', () => {
  const STOP = { signal: 'SIGTERM', timeoutMs: 5000, killMode: 'group', command: ['stop'] } as const;
  const stopping = (): Drive =>
    new Drive(service('a', { stop: STOP })).boot().spawned('a').command('stop', 'a');

  test('takes the place of the signal; SIGKILL follows all the same', () => {
    const drive = stopping();
    assert.deepEqual(drive.did, ['hook a stop', 'reply']);
    assert.deepEqual(drive.hookFinished('a', 'stop', 'done').did, []);
    assert.deepEqual(drive.timer('a', 'kill').did, ['signal-group a SIGKILL']);
  });

  test('that fails is followed by the signal', () => {
    assert.deepEqual(stopping().hookFinished('a', 'stop', 'failed').did, ['signal-group a SIGTERM']);
    const late = stopping().timer('a', 'kill').hookFinished('a', 'stop', 'failed');
    assert.deepEqual(late.did, []);
  });

  test('is for a leader that lives: what outlives it is asked by signal', () => {
    const drive = new Drive(service('a', { stop: STOP })).boot().spawned('a');
    assert.deepEqual(drive.exited('a', code(0), 'populated').did, ['signal-group a SIGTERM']);
  });
});
