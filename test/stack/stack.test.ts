// The real stack under the real Bosun: consul, consul-template, caddy, nomad and the SUT backend, nothing mocked. The
// tests share one run and go through its life in order.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { after, before, describe, it } from 'node:test';
import { eventually } from './eventually.ts';
import { SECOND_INSTANCE, SecondBackend } from './second-backend.ts';
import { type Hello, StackRun } from './stack-run.ts';

/** Of a program that is set up: generous, because the machine may be slow; a good one needs a fifth of it. */
const UP_MS = 30_000;
const HEAL_MS = 15_000;
const ROUTED_MS = 15_000;
/** Docker's grace period. */
const STOP_MS = 10_000;

const withoutNomad = (process.env['BOSUN_WITHOUT'] ?? '').includes('nomad');

describe('the real stack', () => {
  let stack: StackRun;

  before(async () => {
    stack = await StackRun.start();
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  it('answers through caddy from the SUT backend', async (t) => {
    const hello = await eventually('an answer through caddy', UP_MS, () => stack.hello()).catch(
      (error: unknown) => {
        t.diagnostic(stack.output());
        throw error;
      },
    );
    assert.equal(hello.instance, 'sut-backend-1');
  });

  it('starts each service as soon as what it needs is ready, and not before', () => {
    const { events } = stack;
    const consulReady = events.idOf('ready', 'consul');
    assert.ok(
      consulReady < events.idOf('starting', 'consul-template'),
      'consul-template waits for a leader of consul',
    );
    assert.ok(
      events.idOf('ready', 'consul-template') < events.idOf('starting', 'caddy'),
      'caddy waits for its Caddyfile',
    );
    assert.ok(events.idOf('ready', 'sut-backend') < events.idOf('starting', 'sut-register'));
    assert.ok(consulReady < events.idOf('starting', 'sut-register'));
    assert.ok(events.idOf('starting', 'sut-backend') < consulReady, 'the SUT backend waits for nothing');
  });

  it('starts every service once', () => {
    for (const name of ['consul', 'consul-template', 'caddy', 'sut-backend', 'sut-register']) {
      assert.equal(stack.service(name).starts, 1, name);
    }
  });

  it(
    'brings nomad up beside the rest',
    { skip: withoutNomad && 'BOSUN_WITHOUT leaves nomad out' },
    async () => {
      const ready = await stack.events.waitFor({ type: 'ready', service: 'nomad' }, UP_MS);
      const starting = stack.events.idOf('starting', 'nomad');
      assert.ok(starting < stack.events.idOf('ready', 'consul'), 'nomad waits for nothing');
      assert.ok(ready.id > starting);
      assert.equal(stack.service('nomad').starts, 1);
    },
  );

  it('heals after kill -9 of the gunicorn master', async () => {
    const old = stack.service('sut-backend');
    const oldWorkers = await workersSeen(stack);
    const { id: killedAfter } = stack.events.events.at(-1) ?? { id: 0 };
    assert.ok(old.pid !== null);
    stack.killInside(old.pid);

    await stack.events.waitFor({ type: 'exited', service: 'sut-backend' }, HEAL_MS, killedAfter);
    await stack.events.waitFor({ type: 'ready', service: 'sut-backend' }, HEAL_MS, killedAfter);
    const hello = await eventually('an answer after the kill', HEAL_MS, () => stack.hello());
    assert.ok(!oldWorkers.has(hello.pid), 'a worker of the killed master still answers');
    const healed = stack.service('sut-backend');
    assert.equal(healed.starts, 2);
    assert.deepEqual(healed.last_exit?.signal, 'SIGKILL');
  });

  it('routes to a second backend as soon as consul knows it', async () => {
    await using second = await SecondBackend.start();
    second.register(stack);
    const seen = new Set<string>();
    await eventually('answers from both instances', ROUTED_MS, async () => {
      seen.add((await stack.hello()).instance);
      return seen.size === 2 ? seen : undefined;
    });
    assert.deepEqual([...seen].sort(), ['sut-backend-1', SECOND_INSTANCE]);
  });

  it('stops everything in reverse order on SIGTERM, with exit code 0 and no process left', async () => {
    const pids = stack.pids();
    const { id: before } = stack.events.events.at(-1) ?? { id: 0 };
    assert.ok(pids.length > 5, `only ${pids.length} processes were found`);

    assert.equal(await stack.stop(STOP_MS), 0);
    await stack.events.ended();

    const stopping = (name: string): number => stack.events.idOf('stopping', name, before);
    const gone = (name: string): number => stack.events.idOf('stopped', name, before);
    assert.ok(gone('caddy') < stopping('consul-template'), 'consul-template outlives caddy');
    assert.ok(gone('consul-template') < stopping('consul'), 'consul outlives consul-template');
    assert.deepEqual(
      pids.filter((pid) => existsSync(`/proc/${pid}`)),
      [],
    );
    for (const [name, port] of Object.entries(stack.ports))
      assert.ok(await isRefused(port), `${name} is still open`);
  });
});

/** The pids, as Bosun sees them, of the workers that answer; two in all. */
async function workersSeen(stack: StackRun): Promise<ReadonlySet<number>> {
  const answers: Hello[] = await Promise.all(Array.from({ length: 20 }, () => stack.hello()));
  return new Set(answers.map((answer) => answer.pid));
}

function isRefused(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.on('error', () => {
      resolve(true);
    });
  });
}
