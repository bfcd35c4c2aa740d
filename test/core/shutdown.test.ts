// The end of the container: order, budget, exit code.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { flushReserveMs, planShutdown } from '../../supervisor/core/shutdown-plan.ts';
import { code, Drive, KILLED } from '../support/drive.ts';
import { needs, service } from '../support/specs.ts';

const pair = () =>
  new Drive(service('a'), service('b', { dependsOn: [needs('a')] })).boot().spawned('a').spawned('b');
const never = { restart: { ...service('x').restart, policy: 'never' as const } };
const exitCode = (drive: Drive): string | undefined =>
  drive.feed({ type: 'swept' }).did.find((effect) => effect.startsWith('exit'));

describe('shutdown', () => {
  it('goes in reverse order, then sweeps, then ends with 0', () => {
    const drive = pair().signal('SIGTERM');
    assert.deepEqual(drive.did, ['signal-group b SIGTERM']);
    assert.deepEqual(drive.exited('b', code(1)).did, ['signal-group a SIGTERM']);
    assert.deepEqual(drive.exited('a', code(1)).did, ['sweep SIGTERM']);
    assert.equal(exitCode(drive), 'exit 0');
  });

  it('drops the order when its share of the budget is over, kills, and ends by force', () => {
    const drive = pair().signal('SIGTERM');
    assert.deepEqual(drive.feed({ type: 'fleet-timer', timer: 'order' }).did, ['signal-group a SIGTERM']);
    drive.feed({ type: 'fleet-timer', timer: 'kill' });
    assert.deepEqual(drive.did, ['signal-group a SIGKILL', 'signal-group b SIGKILL']);
    assert.deepEqual(drive.feed({ type: 'fleet-timer', timer: 'end' }).did, ['exit 0']);
  });

  it('a second TERM cuts every remaining timeout to zero', () => {
    const drive = pair().signal('SIGTERM').signal('SIGTERM');
    assert.deepEqual([...drive.did].sort(), ['signal-group a SIGKILL', 'signal-group b SIGKILL']);
  });

  it('starts nothing more: not what waits, not what backs off, not what a start has asked for', () => {
    const drive = new Drive(service('a'), service('b', { dependsOn: [needs('a')] })).boot().signal('SIGTERM');
    assert.equal(drive.state('b'), 'stopped');
    assert.deepEqual(drive.spawned('a').did, ['signal-group a SIGTERM']);
    assert.equal(drive.command('start', 'b').reply, 'shutting-down');
  });

  it('ends at once when nothing is left', () => {
    const drive = new Drive(service('a', never)).boot().spawned('a').exited('a', code(0)).signal('SIGTERM');
    assert.deepEqual(drive.did, ['sweep SIGTERM']);
  });

  it('keeps the operator’s wish, so that it outlives the container', () => {
    const drive = pair().signal('SIGTERM');
    assert.equal(drive.record('a').wanted, 'up');
  });
});

describe('exit code', () => {
  it('of the main service, whatever it is', () => {
    for (const [exit, expected] of [
      [code(0), 'exit 0'],
      [code(3), 'exit 3'],
      [KILLED, 'exit 137'],
    ] as const) {
      const drive = new Drive(service('m', { importance: 'main' })).boot().spawned('m').exited('m', exit);
      assert.equal(exitCode(drive), expected);
    }
  });

  it('of the essential service that was given up, and never 0', () => {
    const essential = service('e', { importance: 'essential', ...never });
    assert.equal(exitCode(new Drive(essential).boot().spawned('e').exited('e', code(4))), 'exit 4');
    const late = service('e', {
      importance: 'essential',
      restart: { ...service('x').restart, burst: { count: 1, windowMs: 60_000 } },
    });
    const drive = new Drive(late).boot().spawned('e').exited('e', code(0)).timer('e', 'backoff');
    assert.equal(exitCode(drive.spawned('e').exited('e', code(0))), 'exit 1');
  });

  it('127 and 126 when what mattered could not be started', () => {
    const main = service('m', { importance: 'main', ...never });
    assert.equal(exitCode(new Drive(main).boot().spawnFailed('m', 'ENOENT')), 'exit 127');
    assert.equal(exitCode(new Drive(main).boot().spawnFailed('m', 'EACCES')), 'exit 126');
  });

  it('0 when the operator stopped the main service, and the container stays', () => {
    const drive = new Drive(service('m', { importance: 'main' })).boot().spawned('m').command('stop', 'm');
    assert.deepEqual(drive.exited('m', code(9)).did, []);
    assert.equal(drive.fleet.phase.kind, 'up');
  });
});

describe('the plan', () => {
  it('ends inside its budget and leaves time for SIGKILL, for any budget', () => {
    for (const budgetMs of [0, 1, 100, 299, 300, 1000, 9000, 120_000]) {
      const plan = planShutdown(50, budgetMs);
      assert.ok(
        50 <= plan.orderUntilMs && plan.orderUntilMs <= plan.killAtMs && plan.killAtMs <= plan.endAtMs,
      );
      assert.equal(plan.endAtMs + flushReserveMs(budgetMs), 50 + budgetMs);
    }
    assert.deepEqual(planShutdown(0, 9000), {
      order: 'reverse',
      orderUntilMs: 6075,
      killAtMs: 8100,
      endAtMs: 8800,
    });
  });
});
