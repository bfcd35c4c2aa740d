// Real programs that speak sd_notify(3) by themselves: caddy, which says when it is ready, reloads and stops, and consul, which says
// that it has joined.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { eventsOf, reaches } from '../support/ctl-events.ts';
import { until, within } from '../support/deadline.ts';
import { freePorts } from './free-ports.ts';

const START_MS = 40_000;

test('caddy: ready when it serves, reloading when it is told to, and stopping', async () => {
  const [port = 0] = await freePorts(1);
  const caddyfile = [
    '{',
    '\tadmin unix/$TEST_DIR/admin.sock',
    '\tstorage file_system $TEST_DIR/storage',
    '}',
    `http://127.0.0.1:${port} {`,
    '\trespond "Hello from caddy"',
    '}',
  ];
  const write = caddyfile.map((line) => `    echo '${line.replace('\t', '  ')}' >> $TEST_DIR/Caddyfile`);
  await using container = new Container({
    environment: { HOME: '/tmp' },
    services: {
      caddy: `command:
  - sh
  - -c
  - |
${write.join('\n')}
    exec caddy run --config $TEST_DIR/Caddyfile --adapter caddyfile
environment: { XDG_CONFIG_HOME: $TEST_DIR, XDG_DATA_HOME: $TEST_DIR }
readiness: {notify: {socket: true}}
startup: {timeout: 60s}
`,
    },
  });
  await saysReady(container);
  const response = await fetch(`http://127.0.0.1:${port}/`);
  assert.equal(await response.text(), 'Hello from caddy');
  assert.equal(response.status, 200);

  await reloadCaddy(container);
  await until('caddy to say that it has reloaded', async () =>
    (await typesOf(container)).includes('reload-finished'),
  );
  assert.ok((await typesOf(container)).includes('reload-started'));

  await container.ctl('stop', 'caddy');
  const stopped = await reaches(container, 'caddy', 'stopped');
  assert.equal(stopped.last_exit?.code, 0);
  assert.equal(stopped.starts, 1);
  assert.doesNotMatch(container.stderr.text, /refused/);
});

/** By hand, so that only caddy's own word makes it a reload. */
async function reloadCaddy({ directory }: Container): Promise<void> {
  const config = ['--config', `${directory}/Caddyfile`, '--adapter', 'caddyfile'];
  const args = ['reload', ...config, '--force', '--address', `unix/${directory}/admin.sock`];
  const caddy = spawn('caddy', args, {
    stdio: 'ignore',
    env: { PATH: process.env['PATH'], HOME: directory },
  });
  assert.deepEqual(await within('caddy reload', once(caddy, 'exit')), [0, null]);
}

test('consul: ready when it has joined', async () => {
  const [http = 0, server = 0, serf = 0] = await freePorts(3);
  const ports = [
    `-http-port=${http}`,
    `-server-port=${server}`,
    `-serf-lan-port=${serf}`,
    '-serf-wan-port=-1',
    '-dns-port=-1',
    '-grpc-port=-1',
  ];
  const flags = [
    '-server',
    '-bootstrap-expect=1',
    '-node=bosun',
    '-bind=127.0.0.1',
    '-client=127.0.0.1',
    ...ports,
  ];
  await using container = new Container({
    services: {
      consul: `command: [consul, agent, -data-dir, $TEST_DIR/consul, '-retry-join=127.0.0.1:${serf}', ${flags.join(', ')}]
readiness: {notify: {socket: true}}
startup: {timeout: 60s}
success_exit_codes: [0, 1]
`,
    },
  });
  await saysReady(container);
  const members = await fetch(`http://127.0.0.1:${http}/v1/agent/members`);
  assert.equal(((await members.json()) as readonly unknown[]).length, 1);
});

async function saysReady(container: Container): Promise<void> {
  const output = (): string =>
    [...container.stdout.lines.slice(-20), ...container.stderr.lines.slice(-20)].join('\n');
  try {
    await until(
      'it to say that it is ready',
      async () => (await typesOf(container)).includes('ready'),
      START_MS,
    );
  } catch (cause) {
    throw new Error(output(), { cause });
  }
}

async function typesOf(container: Container): Promise<readonly string[]> {
  return (await eventsOf(container)).map((event) => event.type);
}
