// Who gets the stop signal and who SIGKILL, by the kill mode.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { KillMode } from '../../supervisor/core/service-spec.ts';
import { code, Drive } from '../support/drive.ts';
import { service } from '../support/specs.ts';

const running = (killMode: KillMode): Drive =>
  new Drive(service('a', { stop: { signal: 'SIGINT', timeoutMs: 5000, killMode, command: undefined } }))
    .boot()
    .spawned('a');

describe('kill mode', () => {
  const SIGNALLED: Readonly<Record<KillMode, readonly [asked: string, killed: string]>> = {
    group: ['signal-group a SIGINT', 'signal-group a SIGKILL'],
    mixed: ['stop-leader a SIGINT', 'signal-group a SIGKILL'],
    process: ['stop-leader a SIGINT', 'stop-leader a SIGKILL'],
  };
  for (const [mode, [asked, killed]] of Object.entries(SIGNALLED))
    test(`${mode}: ${asked}, then ${killed}`, () => {
      const drive = running(mode as KillMode).command('stop', 'a');
      assert.deepEqual(drive.did, [asked, 'reply']);
      assert.deepEqual(drive.timer('a', 'kill').did, [killed]);
    });

  test('mixed: what outlives the leader is killed, and awaited', () => {
    const drive = running('mixed').command('stop', 'a').exited('a', code(0), 'populated');
    assert.deepEqual(drive.did, ['signal-group a SIGKILL']);
    assert.equal(drive.state('a'), 'stopping');
    assert.equal(drive.groupEmptied('a').state('a'), 'stopped');
    assert.deepEqual(running('mixed').exited('a', code(1), 'populated').did, ['signal-group a SIGKILL']);
  });

  test('process: the run is over with its leader, whatever that leaves behind', () => {
    const drive = running('process').command('stop', 'a').exited('a', code(0), 'populated');
    assert.equal(drive.state('a'), 'stopped');
    assert.equal(running('process').exited('a', code(1), 'populated').state('a'), 'backoff');
  });

  test('a liveness failure has a grace period of its own', () => {
    const probe = {
      action: { kind: 'file', path: '/x' },
      initialDelayMs: 0,
      periodMs: 1000,
      timeoutMs: 1000,
      successThreshold: 1,
      failureThreshold: 1,
    } as const;
    const drive = new Drive(service('a', { liveness: { kind: 'probe', probe, graceMs: 0 } }))
      .boot()
      .spawned('a');
    assert.deepEqual(drive.probed('a', 'liveness', 'failed').did, ['signal-group a SIGKILL']);
  });
});
