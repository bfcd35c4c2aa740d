// ObservaStack under a real engine: a backend that uses up all its CPU and memory does not take the agent with it.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../stack/eventually.ts';
import { Observastack } from './observastack-stack.ts';
import { mustDocker, withEngine } from './support/docker.ts';

const ANSWER_MS = 1_000;
const SOON_MS = 90_000;
/** From inside of the agent's container, so that the time of `docker exec` is not in it. */
const NODE = '/opt/bosun/lib/node';

describe('ObservaStack: a backend that thrashes', withEngine, () => {
  it('a backend that uses up all its CPU and memory: the agent answers within a second, and can end it', async (t) => {
    await using stack = await Observastack.start();
    const values = ['failure.cpu_threads=8', 'failure.memory_mib=4096'];
    await stack.ctl('config', 'set', 'sut-backend', ...values);
    await eventually('workers to be killed for memory', SOON_MS, async () => {
      return /terminated due to signal 9/.test(await stack.logs('sut-backend')) || undefined;
    });
    // Idle it uses one per cent. How much of the one CPU that it may have it really gets depends on who else is on the machine.
    const usage = await mustDocker(
      'stats',
      '--no-stream',
      '--format',
      '{{.CPUPerc}}',
      await stack.container('sut-backend'),
    );
    assert.ok(Number.parseFloat(usage) > 5, usage);
    const tookMs: number[] = [];
    for (let i = 0; i < 20; i += 1)
      tookMs.push(
        Number(await stack.mustExec('control-agent', NODE, '--input-type=module', '-e', TIMED_STATUS)),
      );
    t.diagnostic(`the agent answered in ${tookMs.map((ms) => ms.toFixed(0)).join(', ')} ms`);
    assert.ok(Math.max(...tookMs) < ANSWER_MS, `${tookMs.join(', ')} ms`);

    // The master may have been killed for memory too; then the defaults hold again. Else the process channel frees the other one.
    await eventually('the failures to be over', 90_000, async () => {
      await stack.ctl('config', 'set', 'sut-backend', 'failure.cpu_threads=0', 'failure.memory_mib=0');
      return true;
    });
    await stack.healthy();
    assert.deepEqual(Object.keys(await stack.load('/api/hello', 20, 2)), ['200']);
  });
});

/** Prints in how many milliseconds the agent's API answers. */
const TIMED_STATUS = `
  import { request } from 'node:http';
  const startedMs = performance.now();
  request({ socketPath: '/run/bosun/bosun.sock', path: '/v1/services' }, (answer) => {
    if (answer.statusCode !== 200) throw new Error(String(answer.statusCode));
    answer.on('end', () => console.log(performance.now() - startedMs)).resume();
  }).end();`;
