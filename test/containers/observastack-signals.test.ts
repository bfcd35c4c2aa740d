// ObservaStack under a real engine: the process channel. The tests share one project and go through its life in order.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { eventually } from '../stack/eventually.ts';
import { Observastack } from './observastack-stack.ts';
import { mustDocker, withEngine } from './support/docker.ts';

const SOON_MS = 30_000;

describe('ObservaStack: signals', withEngine, () => {
  let stack: Observastack;

  before(async () => {
    stack = await Observastack.start();
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  it('reload: new workers, the same master, and the event says who', async () => {
    const { pid } = await stack.attached();
    const old = await stack.workers();
    await stack.ctl('reload', 'sut-backend');
    await stack.freshWorkers(old);
    assert.equal((await stack.attached()).pid, pid);
    assert.ok(
      (await stack.events()).some(({ type, actor }) => type === 'reload-finished' && actor === 'uid:10001'),
    );
  });

  it('USR1: the log is opened again, by the same workers', async () => {
    const workers = await stack.workers();
    await stack.mustExec('sut-backend', 'mv', '/var/log/sut/access.log', '/var/log/sut/access.log.1');
    await stack.ctl('signal', 'USR1', 'sut-backend');
    await eventually('lines in a new log', SOON_MS, async () => {
      await stack.load('/api/hello', 10, 1);
      return (
        (await stack.exec('sut-backend', 'grep', '-q', 'hello', '/var/log/sut/access.log')).code === 0 ||
        undefined
      );
    });
    assert.deepEqual(await stack.workers(), workers);
  });

  it('stop: gunicorn ends well; Docker starts another, which the agent takes when it is told to', async () => {
    const sinceMs = Date.now();
    const { pid } = await stack.attached();
    await stack.ctl('stop', 'sut-backend');
    assert.equal((await stack.deathAfter('sut-backend', sinceMs)).exitCode, 0);
    const { Status } = await stack.state('control-agent');
    assert.equal(Status, 'running', 'asked for: no shared fate');
    await stack.healthy();
    await stack.ctl('start', 'sut-backend');
    assert.notEqual((await stack.attached()).pid, pid);
  });

  it('kill: no grace; Docker starts another, which the agent takes when it is told to', async () => {
    const sinceMs = Date.now();
    const { pid } = await stack.attached();
    await stack.ctl('kill', 'sut-backend');
    assert.equal((await stack.deathAfter('sut-backend', sinceMs)).exitCode, 137);
    assert.equal((await stack.state('control-agent')).Status, 'running');
    await stack.healthy();
    await stack.ctl('start', 'sut-backend');
    assert.notEqual((await stack.attached()).pid, pid);
  });

  it('a crash: the agent shares the fate of the backend, and Docker starts both again', async () => {
    const sinceMs = Date.now();
    const { pid } = await stack.attached();
    // Sent from the agent's container, but not as the end that Bosun was asked for. Nobody waits for it: that container ends too.
    const agent = await stack.container('control-agent');
    await mustDocker('exec', '-d', agent, 'bosunctl', 'signal', 'KILL', 'sut-backend');
    assert.equal((await stack.deathAfter('sut-backend', sinceMs)).exitCode, 137);
    assert.notEqual((await stack.deathAfter('control-agent', sinceMs)).exitCode, 0);
    assert.notEqual((await stack.attached()).pid, pid);
    await stack.healthy();
  });

  it('the agent alone can be stopped and started: the backend goes on', async () => {
    const agent = await stack.container('control-agent');
    const { pid } = await stack.attached();
    await mustDocker('stop', agent);
    assert.equal((await stack.state('control-agent')).ExitCode, 0);
    assert.deepEqual(Object.keys(await stack.load('/api/hello', 20, 1)), ['200']);
    await mustDocker('start', agent);
    assert.equal((await stack.attached()).pid, pid);
  });
});
