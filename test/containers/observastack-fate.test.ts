// ObservaStack under a real engine: the agent shares the fate of the backend, again and again.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../stack/eventually.ts';
import { Observastack } from './observastack-stack.ts';
import { mustDocker, withEngine } from './support/docker.ts';

const SOON_MS = 30_000;
const SHARED_FATE_MS = 1_000;

describe('ObservaStack: shared fate', withEngine, () => {
  it('shared fate, five times in a row: the agent ends within a second of the backend, comes back and signals the new one', async (t) => {
    await using stack = await Observastack.start();
    const tookMs: number[] = [];
    for (let round = 1; round <= 5; round += 1) {
      const { pid } = await stack.attached();
      const sinceMs = Date.now();
      const backend = await stack.container('sut-backend');
      await mustDocker('kill', backend);
      const died = await stack.deathAfter('sut-backend', sinceMs);
      const followed = await stack.deathAfter('control-agent', sinceMs);
      assert.notEqual(followed.exitCode, 0);
      tookMs.push(Math.round(followed.atMs - died.atMs));
      // Docker takes a kill for the operator's will, so it is the operator who starts the backend again. Nobody starts the agent.
      await mustDocker('start', backend);
      const fresh = await stack.attached();
      assert.notEqual(fresh.pid, pid);
      await stack.healthy();
      const old = await stack.workers();
      await stack.ctl('reload', 'sut-backend');
      await stack.freshWorkers(old);
      assert.equal((await stack.attached()).pid, fresh.pid);
    }
    t.diagnostic(`the agent ended ${tookMs.join(', ')} ms after the backend`);
    assert.ok(Math.max(...tookMs) <= SHARED_FATE_MS, `${tookMs.join(', ')} ms`);
  });
});

describe('ObservaStack without the container for the namespace, as the design has it', withEngine, () => {
  it('`up` binds the agent to the new namespace after a kill; Docker alone does not', async () => {
    await using stack = await Observastack.start({
      OBSERVASTACK_BACKEND_PID: '',
      OBSERVASTACK_AGENT_PID: 'service:sut-backend',
    });
    assert.equal((await stack.attached()).pid, 1);
    const sinceMs = Date.now();
    // Not even the agent's SIGKILL reaches the first process of its own namespace: pid_namespaces(7).
    await stack.ctl('signal', 'KILL', 'sut-backend');
    assert.equal((await stack.attached()).pid, 1);

    await mustDocker('kill', await stack.container('sut-backend'));
    const died = await stack.deathAfter('sut-backend', sinceMs);
    const followed = await stack.deathAfter('control-agent', sinceMs);
    assert.equal(followed.exitCode, 137, 'ended by the kernel with the namespace');
    assert.ok(followed.atMs - died.atMs <= SHARED_FATE_MS);
    await eventually('Docker to give up', SOON_MS, async () => {
      const { Status, Error: reason } = await stack.state('control-agent');
      return (Status === 'exited' && reason.includes('is not running')) || undefined;
    });
    await mustDocker('start', await stack.container('sut-backend'));
    assert.equal((await stack.state('control-agent')).Status, 'exited');

    await stack.up();
    const old = await stack.workers();
    await stack.ctl('reload', 'sut-backend');
    await stack.freshWorkers(old);
  });
});
