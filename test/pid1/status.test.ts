// What an operator sees of services that do not simply run, under Bosun as the real PID 1: what is being waited for, and how long.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const FOREVER = 'command: [sleep, "100000"]\n';
/** Ends when the test says so; TERM is not enough. */
const STUBBORN = `command: [sh, -c, 'trap "" TERM; echo up; until test -e $TEST_DIR/go; do sleep 0.02; done']\n`;

function go(container: Container): void {
  writeFileSync(join(container.directory, 'go'), '');
}

/** The table as one line for each service, whatever was wrapped. */
async function tableOf(container: Container): Promise<string> {
  const { stdout } = await container.ctl('status');
  assert.ok(
    stdout.split('\n').every((line) => line.length <= 80),
    stdout,
  );
  return stdout.replaceAll(/\n +/g, ' ');
}

/** The note of a service, once it says what is expected. */
async function notes(container: Container, name: string, expected: RegExp): Promise<string> {
  let note = '';
  return until(`${name} to say ${String(expected)}`, async () => {
    note = (await statusOf(container, name))?.note ?? '';
    return expected.test(note) && note;
  }).catch((error: unknown) => {
    throw new Error(`the note is ${JSON.stringify(note)}`, { cause: error });
  });
}

async function isUp(container: Container): Promise<void> {
  await container.stdout.line(/^up$/);
}

test('a stop that takes long: how long until SIGKILL, and who waits for whom', async () => {
  await using container = new Container({
    services: {
      db: FOREVER,
      app: `${STUBBORN}depends_on: [db]\nstop: {timeout: 100s}\n`,
      other: FOREVER,
    },
    options: ['--log-format', 'raw'],
  });
  await isUp(container);
  await reaches(container, 'other', 'running');
  await container.ctl('stop', 'db', '--no-wait');
  await reaches(container, 'app', 'stopping');
  const table = await tableOf(container);
  assert.match(table, /^app +stopping .* stopping: \d+ s to SIGKILL$/m);
  assert.match(table, /^db +running .* stops after app \(stopping: \d+ s to SIGKILL\)$/m);
  const db = await statusOf(container, 'db');
  assert.deepEqual(
    db?.ends_after.map(({ service, state }) => [service, state]),
    [['app', 'stopping']],
  );
  const app = await statusOf(container, 'app');
  assert.equal(app?.next?.action, 'kill');
  assert.deepEqual(app.stop, { cause: 'requested', step: 'asked' });
  go(container);
  await reaches(container, 'db', 'stopped');
  assert.match(await tableOf(container), /^db +stopped .* stopped by the operator$/m);
});

test('while the container is being stopped: how much of the budget is left', async () => {
  await using container = new Container({
    services: { db: FOREVER, app: `${STUBBORN}depends_on: [db]\nstop: {timeout: 100s}\n` },
    options: ['--log-format', 'raw', '--shutdown-budget', '60s'],
  });
  await isUp(container);
  await reaches(container, 'app', 'running');
  await container.signal('SIGTERM');
  await reaches(container, 'app', 'stopping');
  const table = await tableOf(container);
  assert.match(table, /^Bosun is stopping: \d+ s to SIGKILL, the end in \d+ s at the latest\.$/m);
  assert.match(table, /^db +running .* stops after app \(stopping: \d+ s to SIGKILL\)$/m);
  go(container);
  assert.equal((await container.end()).code, 0);
});

test('what is missing is named with its reason', async () => {
  await using container = new Container({
    services: {
      db: `command: [sh, -c, 'exit 3']\nreadiness: {file: /no/such/file}\nrestart: {policy: never}\n`,
      app: `${FOREVER}depends_on: [db]\n`,
      ghost: `command: [no-such-program]\nrestart: {policy: never}\n`,
      web: `${FOREVER}depends_on: {db: {required: false}}\n`,
    },
  });
  await reaches(container, 'db', 'failed');
  await notes(container, 'app', /^waiting for db \(failed: exited with code 3\)$/);
  await notes(container, 'web', /^without db \(failed: exited with code 3\)$/);
  assert.match(
    (await container.ctl('why', 'app')).stdout,
    /It needs db \(service_healthy\), which is failed/,
  );
  const ghost = await notes(container, 'ghost', /gave up/);
  assert.match(ghost, /^cannot be started: no-such-program: [^()]*\(ENOENT\), gave up$/);
  await container.stdout.line(/ghost cannot be started: no-such-program: [^()]*\(ENOENT\)"/);
});

test('each step of a start and of a stop is told in words', async () => {
  await using container = new Container({
    services: {
      app:
        `${FOREVER}stop: {timeout: 100s}\nstartup: {timeout: 0, probe: {file: $TEST_DIR/started}}\n` +
        `hooks:\n${['pre_start', 'pre_stop', 'post_stop']
          .map((hook) => `  ${hook}: [sh, -c, 'until test -e $TEST_DIR/${hook}; do sleep 0.02; done']\n`)
          .join('')}`,
    },
  });
  const step = (name: string): void => {
    writeFileSync(join(container.directory, name), '');
  };
  await notes(container, 'app', /^running its pre_start hook$/);
  step('pre_start');
  await notes(container, 'app', /^startup probe not passed yet: .*started/);
  step('started');
  await reaches(container, 'app', 'running');
  await container.ctl('stop', 'app', '--no-wait');
  await notes(container, 'app', /^running its pre_stop hook, \d+ s to SIGKILL$/);
  step('pre_stop');
  await notes(container, 'app', /^running its post_stop hook$/);
  step('post_stop');
  await reaches(container, 'app', 'stopped');
});

test('a hook that fails is named with what it said, in the status and in the log', async () => {
  await using container = new Container({
    services: {
      early: `${FOREVER}restart: {policy: never}\nhooks: {pre_start: [sh, -c, 'echo no disk; exit 3']}\n`,
      late: `${FOREVER}restart: {policy: never}\nhooks: {post_start: [sh, -c, 'echo no route; exit 4']}\n`,
      last: `${FOREVER}hooks: {post_stop: [sh, -c, 'echo no luck; exit 5']}\n`,
    },
    options: ['--log-format', 'prefix'],
  });
  await notes(container, 'early', /^its hook pre_start failed: exit code 3: no disk, gave up$/);
  await notes(container, 'late', /^its hook post_start failed: exit code 4: no route, gave up$/);
  await reaches(container, 'last', 'running');
  await container.ctl('stop', 'last');
  assert.match(
    (await container.ctl('why', 'last')).stdout,
    /Its hook post_stop failed in this run: exit code 5/,
  );
  for (const line of [/early: hook pre_start failed: .*no disk/, /last: hook post_stop failed: .*no luck/])
    await container.stdout.line(line);
});

test('a oneshot that is undone when those that need it have gone: seen, and waited for', async () => {
  await using container = new Container({
    services: {
      mount:
        `type: oneshot\ncommand: ['true']\nstop: {timeout: 100s}\n` +
        `down: [sh, -c, 'until test -e $TEST_DIR/undone; do sleep 0.02; done']\n`,
      app: `${STUBBORN}stop: {timeout: 100s}\ndepends_on: [mount]\n`,
    },
    options: ['--log-format', 'raw'],
  });
  await isUp(container);
  const stopped = container.ctl('stop', 'mount');
  await notes(container, 'mount', /^exited with code 0; stops after app \(stopping: \d+ s to SIGKILL\)$/);
  go(container);
  await notes(container, 'mount', /^undoing by its down command: \d+ s to SIGKILL$/);
  writeFileSync(join(container.directory, 'undone'), '');
  assert.equal((await stopped).stdout, 'mount is stopped\nalso reached, because of dependencies: app\n');
  assert.match((await container.ctl('start', 'mount')).stdout, /^mount has completed$/m);
  const before = await statusOf(container, 'mount');
  assert.match((await container.ctl('restart', 'mount')).stdout, /^mount has completed$/m);
  assert.equal((await statusOf(container, 'mount'))?.starts, (before?.starts ?? NaN) + 1);
});

test('a timer is scheduled and healthy; start runs it now, or schedules it again', async () => {
  await using container = new Container({
    services: {
      backup: `type: timer\nevery: 12h\ncommand: [sh, -c, 'test ! -e $TEST_DIR/go']\n`,
      nightly: `type: timer\nschedule: "0 3 * * *"\ntime_zone: Europe/Berlin\ncommand: ['true']\n`,
    },
    options: ['--log-format', 'prefix'],
  });
  const backup = await reaches(container, 'backup', 'scheduled');
  assert.deepEqual([backup.ready, backup.next?.action, backup.starts], [true, 'run', 0]);
  assert.match(await tableOf(container), /^backup +scheduled .* next run in \d+ h$/m);
  assert.match(
    (await container.ctl('status', 'nightly')).stdout,
    /^next: +a run in \d+ (h|min|s), at 20\d\d-\S+:00/m,
  );
  assert.equal((await container.ctl('health')).code, 0);
  assert.equal((await container.ctl('wait', 'backup', '--for', 'healthy', '--timeout', '5s')).code, 0);
  const ran = await container.ctl('start', 'backup');
  assert.match(ran.stdout, /^backup was run now and exited with code 0; next run in \d+ h, at\s+\S+\n$/);
  await container.stdout.line(/\| backup exited with code 0: next run in \d+ h$/);
  go(container);
  const failed = await container.ctl('start', 'backup');
  assert.equal(failed.code, 1);
  assert.match(failed.stderr, /backup: start failed: its run exited with code 1/);
  await container.ctl('stop', 'backup');
  assert.equal((await statusOf(container, 'backup'))?.state, 'stopped');
  const again = await container.ctl('start', 'backup');
  assert.match(again.stdout, /^backup is scheduled: next run in \d+ h, at \S+\n$/);
  assert.equal((await statusOf(container, 'backup'))?.starts, 2);
  assert.match((await container.ctl('why', 'backup')).stdout, /`bosunctl start backup` runs it\s+now/);
});

test('a service whose liveness probe fails says how often it has', async () => {
  await using container = new Container({
    services: {
      app: `${FOREVER}liveness: {exec: [sh, -c, 'echo no pulse; exit 1'], period: 100ms, failure_threshold: 1000}\n`,
    },
  });
  await notes(container, 'app', /^liveness failed \d+ of 1000 times: .*no pulse/);
});
