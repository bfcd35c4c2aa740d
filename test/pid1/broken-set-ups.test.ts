// What is wrong with a container is named by `bosunctl why` and `doctor`, or by Bosun itself when it will not start: set-ups that are broken in the
// ways in which they usually are. (Out of memory: test/containers. Full disk, and a clock that is wrong: test/cli/doctor.)
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { Container, type ContainerOptions } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { INTO_FIFO, StdoutReader } from '../support/torture-fleet.ts';

const NOW_AND_THEN = 'restart: { delay: 60s, max_delay: 60s }\n';
const AS_4243 = ['setpriv', '--reuid=4243', '--regid=4243', '--clear-groups'];
const asRoot = process.getuid?.() === 0 ? {} : { skip: 'only root can become another user' };

/** As one line, whatever was wrapped. */
async function explained(container: Container, ...words: string[]): Promise<string> {
  const { stdout, stderr } = await container.ctl(...words);
  return (stdout + stderr).replaceAll(/\s+/g, ' ');
}

async function asked(
  container: Container,
  service: string,
  state: Parameters<typeof reaches>[2],
): Promise<string> {
  await reaches(container, service, state);
  return explained(container, 'why', service);
}

/** A Bosun that does not start. */
async function refused(options: ContainerOptions, breakIt = (_: string): void => undefined): Promise<string> {
  await using container = new Container({ place: 'below', ...options });
  breakIt(container.directory);
  const { code } = await container.end();
  assert.equal(code, 125, container.stderr.text);
  return container.stderr.text.replaceAll(/\s+/g, ' ');
}

test('a program that is not there', async () => {
  await using container = new Container({
    place: 'below',
    services: { app: `command: [no-such-program]\n${NOW_AND_THEN}` },
  });
  assert.match(
    await asked(container, 'app', 'backoff'),
    /app is backing off .*: cannot be started: no-such-program: not found in PATH \(ENOENT\)/,
  );
  assert.match(
    await explained(container, 'doctor'),
    /FAIL services: app \(backoff: cannot be started: no-such-program: not found in PATH/,
  );
});

test('a port that another service has, and one that is none of ours', async () => {
  const listen = (port: string): string =>
    `command: [${process.execPath}, -e, 'require("net").createServer().listen(+process.argv[1], "127.0.0.1", () => console.log("up"))', '${port}']\n`;
  await using stranger = createServer();
  stranger.listen(0, '127.0.0.1');
  await once(stranger, 'listening');
  const theirs = String((stranger.address() as AddressInfo).port);
  // One that is free at the moment.
  await using free = createServer();
  free.listen(0, '127.0.0.1');
  await once(free, 'listening');
  const ours = String((free.address() as AddressInfo).port);
  free.close();
  await once(free, 'close');
  await using container = new Container({
    place: 'below',
    services: {
      first: `${listen(ours)}readiness: { log: up }\n`,
      second: `${listen(ours)}depends_on: [first]\n${NOW_AND_THEN}`,
      third: `${listen(theirs)}${NOW_AND_THEN}`,
    },
  });
  const { pid } = await reaches(container, 'first', 'running');
  const second = await asked(container, 'second', 'backoff');
  assert.match(second, new RegExp(`Port ${ours} is taken: .* \\(pid ${pid}\\) .* which belongs to first\\.`));
  assert.match(second, /EADDRINUSE/);
  const third = await asked(container, 'third', 'backoff');
  assert.match(
    third,
    new RegExp(`Port ${theirs} is taken: .* \\(pid ${process.pid}\\) .* is of no service\\.`),
  );
});

test('a crash loop: the message above the trace is shown', async () => {
  const script = 'throw new Error("no key database_url in /etc/app.conf")';
  await using container = new Container({
    place: 'below',
    services: {
      app: `command: [${process.execPath}, -e, '${script}']\nrestart: { delay: 1ms, burst: { count: 2, window: 60s } }\n`,
    },
  });
  const text = await asked(container, 'app', 'failed');
  assert.match(text, /app is failed .*: exited with code 1, gave up\./);
  assert.match(text, /Error: no key database_url in \/etc\/app\.conf/);
  assert.match(text, /`bosunctl start app`/);
});

test('a start that hangs: how long it had, and what its probe said', async () => {
  await using container = new Container({
    place: 'below',
    services: {
      app: `command: [sh, -c, 'echo waiting for the licence server >&2; exec sleep 1000']\nreadiness: { file: /nowhere/ready, period: 20ms }\nstartup: { timeout: 300ms }\n${NOW_AND_THEN}`,
    },
  });
  const text = await asked(container, 'app', 'backoff');
  assert.match(text, /was not ready in time: .*\/nowhere\/ready/);
  assert.match(text, /waiting for the licence server/);
});

test('a user that does not exist, and one that Bosun may not become', asRoot, async () => {
  assert.match(
    await refused({ services: { app: 'command: [sleep, "1"]\nuser: nobody-here\n' } }),
    /app\.yaml:2:.*nobody-here/,
  );
  assert.match(
    await refused({ services: { app: 'command: [sleep, "1"]\nuser: 4242\n' }, through: AS_4243 }),
    /app\.yaml:2:.* needs the privilege CAP_SETUID, which Bosun \(uid 4243\) does not have .* remove user/,
  );
});

test('services that wait for each other in a ring', async () => {
  const on = (name: string): string => `command: [sleep, "1"]\ndepends_on: [${name}]\n`;
  const text = await refused({ services: { a: on('b'), b: on('c'), c: on('a') } });
  assert.match(text, /a.*b.*c.*a/);
  // Where it is running already, the files tell of it.
  await using container = new Container({ place: 'below', services: { a: 'command: [sleep, "1000"]\n' } });
  await reaches(container, 'a', 'running');
  writeFileSync(join(container.directory, 'services.d', 'a.yaml'), on('a'));
  assert.match(
    await explained(container, 'doctor'),
    /FAIL configuration: the files are wrong: Bosun would not start with them again/,
  );
});

test('a configuration that cannot be read', asRoot, async () => {
  const text = await refused(
    {
      services: { app: 'command: [sleep, "1"]\n' },
      inside: ['sh', '-c', 'until test -e broken; do sleep 0.01; done; exec "$@"', 'sh'],
      through: AS_4243,
    },
    (directory) => {
      chmodSync(join(directory, 'services.d', 'app.yaml'), 0o000);
      writeFileSync(join(directory, 'broken'), '');
    },
  );
  assert.match(text, /app\.yaml.*may not be read by this user Check the owner and the mode/);
});

test('a reader of the log that has stalled', async () => {
  await using container = new Container({
    place: 'below',
    services: { app: `command: [sh, -c, 'while :; do echo ${'x'.repeat(1000)}; done']\n` },
    inside: INTO_FIFO,
  });
  using reader = await StdoutReader.of(container);
  await reaches(container, 'app', 'running');
  reader.stall();
  const text = await until(
    'a loss',
    async () => {
      const said = await explained(container, 'doctor');
      return said.includes('were dropped') && said;
    },
    30_000,
  );
  assert.match(text, /warn log lines: \d+ were dropped > Whoever reads Bosun's standard output is too slow/);
});
