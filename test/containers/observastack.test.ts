// ObservaStack under a real engine: the application channel, and what the networks let through. The tests share one project and go through its life in order.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Observastack } from './observastack-stack.ts';
import { mustDocker, withEngine } from './support/docker.ts';

const NODE = '/opt/bosun/lib/node';
const UNREACHABLE = /^(TIMEOUT|EHOSTUNREACH|ENETUNREACH)$/;

describe('ObservaStack', withEngine, () => {
  let stack: Observastack;

  before(async () => {
    stack = await Observastack.start();
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

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
      for (const address of addresses) assert.match(String(outside[address]), UNREACHABLE);
    });

    it('the agent has no way to the outside', async () => {
      // What cuts it off is the engine's firewall: there is a default route all the same.
      const format = '{{.Internal}}';
      assert.equal(
        await mustDocker('network', 'inspect', '-f', format, stack.network('control_tier')),
        'true',
      );
      const backend = await stack.address('sut-backend', 'public_tier');
      const program = reaching('sut-backend', [backend]);
      const said = await stack.mustExec('control-agent', NODE, '--input-type=module', '-e', program);
      assert.match(String((JSON.parse(said) as Record<string, unknown>)[backend]), UNREACHABLE);
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
      for (const said of [await mustDocker('inspect', id), await stack.logs(service)])
        assert.ok(!said.includes(key));
    }
    assert.ok(!(await stack.ctl('events', '--json', '--after', '0')).includes(key));
    await stack.compose(['up', '-d', '--no-build', 'setup']);
    assert.equal(await read('control-agent'), key, 'the setup keeps it');
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
      await stack.freshWorkers(old);
      const { 200: through = 0, 429: limited = 0 } = await stack.load('/api/hello', 50, 3);
      assert.equal(through + limited, 150);
      assert.ok(through >= 5 && through <= 40, `${through} of 150`);
      const audit = await stack.logs('sut-backend');
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
      assert.match(stderr, /from 1\s+to 16/);
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
