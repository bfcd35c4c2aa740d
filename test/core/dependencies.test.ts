// What a service needs and what needs it: conditions, order of stop, failures of others.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { findCycle } from '../../supervisor/core/dependency-graph.ts';
import { buildGraph } from '../../supervisor/core/dependency-graph.ts';
import { unmetDependencies } from '../../supervisor/core/dependency-verdict.ts';
import { code, Drive } from '../support/drive.ts';
import { needs, service } from '../support/specs.ts';

const oneshot = (name: string) =>
  service(name, { type: 'oneshot', restart: { ...service('x').restart, policy: 'never' } });

describe('conditions', () => {
  it('service_started: when the dependency has a process', () => {
    const readiness = {
      kind: 'probe',
      probe: {
        action: { kind: 'file', path: '/x' },
        initialDelayMs: 0,
        periodMs: 1,
        timeoutMs: 1,
        successThreshold: 1,
        failureThreshold: 1,
      },
    } as const;
    const b = service('b', { dependsOn: [needs('a', { condition: 'service_started' })] });
    const drive = new Drive(service('a', { readiness }), b).boot();
    assert.equal(drive.state('b'), 'waiting');
    assert.deepEqual(drive.spawned('a').did, ['spawn b']);
  });

  it('service_healthy: not by a dependency that was ready and is not any more', () => {
    const readiness = {
      kind: 'probe',
      probe: {
        action: { kind: 'file', path: '/x' },
        initialDelayMs: 0,
        periodMs: 1,
        timeoutMs: 1,
        successThreshold: 1,
        failureThreshold: 1,
      },
    } as const;
    const b = service('b', { dependsOn: [needs('a')] });
    const drive = new Drive(service('a', { readiness }), b)
      .boot()
      .spawned('a')
      .probed('a', 'readiness', 'ok');
    drive.spawned('b').probed('a', 'readiness', 'failed').exited('b', code(1)).timer('b', 'backoff');
    assert.equal(drive.state('a'), 'unready');
    assert.equal(drive.state('b'), 'waiting');
    assert.deepEqual(drive.probed('a', 'readiness', 'ok').did, ['spawn b']);
  });

  it('service_completed_successfully: after exit code 0, and not after another', () => {
    const b = service('b', { dependsOn: [needs('a', { condition: 'service_completed_successfully' })] });
    const good = new Drive(oneshot('a'), b).boot().spawned('a');
    assert.equal(good.state('b'), 'waiting');
    assert.deepEqual(good.exited('a', code(0)).did, ['spawn b']);
    const bad = new Drive(oneshot('a'), b).boot().spawned('a').exited('a', code(1));
    assert.equal(bad.state('b'), 'waiting');
  });

  it('a failed or skipped dependency leaves its dependents waiting, with the reason; an optional one does not', () => {
    const skipped = service('a', { eligibility: { kind: 'skipped', reason: 'not there' } });
    const b = service('b', { dependsOn: [needs('a')] });
    const c = service('c', { dependsOn: [needs('a', { need: 'optional' })] });
    const drive = new Drive(skipped, b, c).boot();
    assert.equal(drive.state('b'), 'waiting');
    assert.equal(drive.state('c'), 'starting');
    const [unmet] = unmetDependencies(buildGraph([skipped, b, c]), drive.fleet, 1);
    assert.equal(unmet?.verdict, 'blocked');
    assert.equal(unmet.record.state.kind, 'skipped');
  });

  it('a dependency that crashes does not take its dependents along', () => {
    const b = service('b', { dependsOn: [needs('a')] });
    const drive = new Drive(service('a'), b).boot().spawned('a').spawned('b').exited('a', code(1));
    assert.equal(drive.state('b'), 'running');
  });

  it('restart: true restarts a dependent after its dependency has restarted', () => {
    const b = service('b', { dependsOn: [needs('a', { onRestart: 'follow' })] });
    const drive = new Drive(service('a'), b).boot().spawned('a').spawned('b').exited('a', code(1));
    drive.timer('a', 'backoff');
    assert.deepEqual(drive.spawned('a').did, ['signal-group b SIGTERM']);
    assert.deepEqual(drive.exited('b', code(0)).did, ['spawn b']);
  });
});

describe('start and stop of a chain', () => {
  const chain = () =>
    new Drive(
      service('a'),
      service('b', { dependsOn: [needs('a')] }),
      service('c', { dependsOn: [needs('b')] }),
    );
  const up = () => chain().boot().spawned('a').spawned('b').spawned('c');

  it('starts one after the other', () => {
    const drive = chain().boot();
    assert.deepEqual(drive.did, ['spawn a']);
    assert.deepEqual(drive.spawned('a').did, ['spawn b']);
    assert.deepEqual(drive.spawned('b').did, ['spawn c']);
  });

  it('stopping one stops what needs it first, and says so', () => {
    const drive = up().command('stop', 'a');
    assert.equal(drive.reply, 'a b c');
    assert.deepEqual(drive.did, ['signal-group c SIGTERM', 'reply']);
    assert.deepEqual(drive.exited('c', code(0)).did, ['signal-group b SIGTERM']);
    assert.deepEqual(drive.exited('b', code(0)).did, ['signal-group a SIGTERM']);
  });

  it('starting one starts what it needs', () => {
    const drive = up().command('stop', 'a').exited('c', code(0)).exited('b', code(0)).exited('a', code(0));
    drive.command('start', 'c');
    assert.equal(drive.reply, 'a b c');
    assert.deepEqual(drive.did, ['spawn a', 'reply']);
  });

  it('restart replaces one run and leaves its dependents', () => {
    const drive = up().command('restart', 'a');
    assert.deepEqual(drive.did, ['signal-group a SIGTERM', 'reply']);
    assert.deepEqual(drive.exited('a', code(1)).did, ['spawn a'], 'at once, without back-off');
    assert.equal(drive.state('c'), 'running');
  });

  it('a stop while waiting cancels it', () => {
    const drive = chain().boot().command('stop', 'b');
    assert.equal(drive.state('b'), 'stopped');
    assert.deepEqual(drive.spawned('a').did, []);
  });

  it('a oneshot that has completed is not run again for those that need it', () => {
    const condition = 'service_completed_successfully';
    const drive = new Drive(oneshot('a'), service('b', { dependsOn: [needs('a', { condition })] })).boot();
    drive.spawned('a').exited('a', code(0)).spawned('b').command('stop', 'b').exited('b', code(0));
    assert.deepEqual(drive.command('start', 'b').did, ['spawn b', 'reply']);
  });
});

describe('cycles', () => {
  it('are named whole', () => {
    const nodes = [
      { name: 'a', needs: ['b'] },
      { name: 'b', needs: ['c', 'x'] },
      { name: 'c', needs: ['b'] },
    ];
    assert.deepEqual(findCycle(nodes), ['b', 'c', 'b']);
    assert.equal(findCycle([{ name: 'a', needs: [] }]), undefined);
  });
});
