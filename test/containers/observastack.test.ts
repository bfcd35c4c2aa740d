// ObservaStack under a real engine: the two channels of control, what the public network can reach, shared fate, and an agent that
// answers while the backend thrashes. The tests share one project and go through its life in order.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import * as z from 'zod';
import { eventually } from '../stack/eventually.ts';
import { Observastack } from './observastack-stack.ts';
import { mustDocker, withEngine } from './support/docker.ts';

const SOON_MS = 30_000;
const SHARED_FATE_MS = 1_000;
const ANSWER_MS = 1_000;
/** From inside of the agent's container, so that the time of `docker exec` is not in it. */
const NODE = '/opt/bosun/lib/node';

describe('ObservaStack', withEngine, () => {
  let stack: Observastack;

  before(async () => {
    stack = await Observastack.start();
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  async function freshWorkers(old: readonly number[]): Promise<readonly number[]> {
    return eventually('new workers alone', SOON_MS, async () => {
      const workers = await stack.workers();
      return workers.length === 2 && !workers.some((pid) => old.includes(pid)) ? workers : undefined;
    });
  }

  async function healthy(): Promise<void> {
    await eventually('the backend to answer', SOON_MS, async () => {
      const url = 'https://localhost:8443/api/health';
      const { code } = await stack.exec(
        'sut-backend',
        'python3',
        '/opt/sut/healthcheck.py',
        url,
        '/run/ca/ca.pem',
      );
      return code === 0 || undefined;
    });
  }

  describe('networks', () => {
    it('the public one reaches /api, and is refused /config without the key', async () => {
      const answers = await stack.node(
        stack.network('public_tier'),
        asking('/api/hello', '/config', '/config/schema'),
      );
      assert.deepEqual(JSON.parse(answers), { '/api/hello': 200, '/config': 401, '/config/schema': 401 });
      assert.deepEqual(Object.keys(await stack.load('/api/hello', 20, 2)), ['200']);
    });

    it('the public one neither resolves nor reaches control_tier', async () => {
      const addresses = [
        await stack.address('control-agent', 'control_tier'),
        await stack.address('sut-backend', 'control_tier'),
      ] as const;
      const program = reaching('control-agent', addresses);
      const inside = { resolved: true, [addresses[0]]: 'ECONNREFUSED', [addresses[1]]: 'connected' };
      assert.deepEqual(JSON.parse(await stack.node(stack.network('control_tier'), program)), inside);
      const outside = JSON.parse(await stack.node(stack.network('public_tier'), program)) as Record<
        string,
        unknown
      >;
      assert.equal(outside['resolved'], false);
      for (const address of addresses)
        assert.match(String(outside[address]), /^(TIMEOUT|EHOSTUNREACH|ENETUNREACH)$/);
    });

    it('the agent has no way to the outside', async () => {
      const backend = await stack.address('sut-backend', 'public_tier');
      const said = await stack.mustExec(
        'control-agent',
        NODE,
        '--input-type=module',
        '-e',
        reaching('sut-backend', [backend]),
      );
      assert.match(
        String((JSON.parse(said) as Record<string, unknown>)[backend]),
        /^(TIMEOUT|EHOSTUNREACH|ENETUNREACH)$/,
      );
    });
  });

  it('the key: the same for both, written by neither, shown by neither', async () => {
    const read = (service: 'sut-backend' | 'control-agent') =>
      stack.mustExec(service, 'cat', '/run/keys/api-key');
    const key = await read('sut-backend');
    assert.equal(Buffer.from(key, 'base64').length, 32);
    assert.equal(await read('control-agent'), key);
    for (const service of ['sut-backend', 'control-agent'] as const) {
      const { stderr } = await stack.exec(service, 'sh', '-c', 'echo x > /run/keys/api-key');
      assert.match(stderr, /Read-only file system/);
      const id = await stack.container(service);
      for (const said of [await mustDocker('inspect', id), await mustDocker('logs', id)])
        assert.ok(!said.includes(key));
    }
    assert.ok(!(await stack.ctl('events', '--json', '--after', '0')).includes(key));
    await stack.compose(['up', '-d', '--no-build', 'setup']);
    assert.equal(await read('control-agent'), key, 'the setup keeps it');
  });

  describe('the process channel', () => {
    it('reload: new workers, the same master, and the event says who', async () => {
      const { pid } = await stack.attached();
      const old = await stack.workers();
      await stack.ctl('reload', 'sut-backend');
      await freshWorkers(old);
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
      await healthy();
      await stack.ctl('start', 'sut-backend');
      assert.notEqual((await stack.attached()).pid, pid);
    });

    it('KILL: the backend dies of it at once, and the agent with it; Docker starts both again', async () => {
      const sinceMs = Date.now();
      const { pid } = await stack.attached();
      // The answer may be lost with the agent.
      await stack.exec('control-agent', 'bosunctl', 'signal', 'KILL', 'sut-backend');
      assert.equal((await stack.deathAfter('sut-backend', sinceMs)).exitCode, 137);
      assert.notEqual((await stack.deathAfter('control-agent', sinceMs)).exitCode, 0);
      assert.notEqual((await stack.attached()).pid, pid);
      await healthy();
    });
  });

  describe('the application channel', () => {
    it('what is set holds for the public network, survives a reload, and is audited on both sides', async () => {
      const old = await stack.workers();
      await stack.ctl(
        'config',
        'set',
        'sut-backend',
        'rate_limit.requests_per_second=5',
        'rate_limit.burst=5',
      );
      await stack.ctl('reload', 'sut-backend');
      await freshWorkers(old);
      const { 200: through = 0, 429: limited = 0 } = await stack.load('/api/hello', 50, 3);
      assert.equal(through + limited, 150);
      assert.ok(through >= 5 && through <= 40, `${through} of 150`);
      const audit = await mustDocker('logs', await stack.container('sut-backend'));
      assert.match(audit, /"audit": "changed", "actor": "uid:10001".*"rate_limit.requests_per_second"/);
      assert.ok(
        (await stack.events()).some(
          ({ type, actor }) => type === 'application-changed' && actor === 'uid:10001',
        ),
      );
      await stack.ctl('config', 'set', 'sut-backend', 'rate_limit.requests_per_second=0');
      assert.deepEqual(Object.keys(await stack.load('/api/hello', 20, 1)), ['200']);
    });

    it('refuses what the backend refuses, and says why', async () => {
      const { code, stderr } = await stack.exec(
        'control-agent',
        'bosunctl',
        'config',
        'set',
        'sut-backend',
        'workers.count=99',
      );
      assert.notEqual(code, 0);
      assert.match(stderr, /workers\.count/);
      assert.match(stderr, /from 1 to 16/);
    });
  });

  it('shared fate, five times in a row: the agent ends within a second of the backend, comes back and signals the new one', async (t) => {
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
      await healthy();
      const old = await stack.workers();
      await stack.ctl('reload', 'sut-backend');
      await freshWorkers(old);
      assert.equal((await stack.attached()).pid, fresh.pid);
    }
    t.diagnostic(`the agent ended ${tookMs.join(', ')} ms after the backend`);
    assert.ok(Math.max(...tookMs) <= SHARED_FATE_MS, `${tookMs.join(', ')} ms`);
  });

  it('a backend that uses up all its CPU and memory: the agent answers within a second, and can end it', async (t) => {
    const values = ['failure.cpu_threads=8', 'failure.memory_mib=4096'];
    await stack.ctl('config', 'set', 'sut-backend', ...values);
    const out = 'workers to be killed for memory';
    await eventually(out, 60_000, async () => {
      const { stdout, stderr } = await logs('sut-backend');
      return /terminated due to signal 9/.test(stdout + stderr) || undefined;
    });
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
    await healthy();
    assert.deepEqual(Object.keys(await stack.load('/api/hello', 20, 2)), ['200']);
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

  async function logs(service: 'sut-backend'): Promise<{ stdout: string; stderr: string }> {
    const id = await stack.container(service);
    return { stdout: await mustDocker('logs', id), stderr: await mustDocker('logs', id) };
  }
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
    await eventually('new workers', SOON_MS, async () => {
      const workers = await stack.workers();
      return workers.length === 2 && !workers.some((pid) => old.includes(pid)) ? workers : undefined;
    });
  });
});

/** Prints the status of the answer to each path. */
function asking(...paths: readonly string[]): string {
  return `
    import { readFileSync } from 'node:fs';
    import { request } from 'node:https';
    const ca = readFileSync('/run/ca/ca.pem');
    const status = (path) => new Promise((resolve, reject) => {
      request(new URL(path, 'https://sut-backend:8443'), { ca }, (answer) => resolve(answer.resume().statusCode)).on('error', reject).end();
    });
    const answers = {};
    for (const path of ${JSON.stringify(paths)}) answers[path] = await status(path);
    console.log(JSON.stringify(answers));`;
}

/** Prints whether the name can be resolved, and how a connection to port 8443 of each address ends. */
function reaching(name: string, addresses: readonly string[]): string {
  return `
    import { lookup } from 'node:dns/promises';
    import { connect } from 'node:net';
    const seen = { resolved: await lookup(${JSON.stringify(name)}).then(() => true, () => false) };
    for (const address of ${JSON.stringify(addresses)})
      seen[address] = await new Promise((resolve) => {
        const socket = connect({ host: address, port: 8443, timeout: 2000 });
        socket.on('connect', () => { socket.destroy(); resolve('connected'); });
        socket.on('timeout', () => { socket.destroy(); resolve('TIMEOUT'); });
        socket.on('error', (error) => resolve(error.code));
      });
    console.log(JSON.stringify(seen));`;
}

/** Prints in how many milliseconds the agent's API answers. */
const TIMED_STATUS = `
  import { request } from 'node:http';
  const startedMs = performance.now();
  request({ socketPath: '/run/bosun/bosun.sock', path: '/v1/services' }, (answer) => {
    if (answer.statusCode !== 200) throw new Error(String(answer.statusCode));
    answer.on('end', () => console.log(performance.now() - startedMs)).resume();
  }).end();`;
