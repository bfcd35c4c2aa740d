// Another configuration in place, under Bosun as the real PID 1: only what differs is touched, in order, and what is wrong changes
// nothing.
import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import { applyView, planView } from '../../supervisor/wire/plan-view.ts';
import { Container } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const FOREVER = 'command: [sleep, "100000"]\n';
const LONGER = 'command: [sleep, "200000"]\n';

function write(container: Container, name: string, text: string): void {
  writeFileSync(join(container.directory, 'services.d', `${name}.yaml`), text);
}

function remove(container: Container, name: string): void {
  rmSync(join(container.directory, 'services.d', `${name}.yaml`));
}

async function pidOf(container: Container, name: string): Promise<number | null | undefined> {
  return (await statusOf(container, name))?.pid;
}

/** Until nothing lives by an earlier configuration. */
async function settled(container: Container): Promise<void> {
  const { code, stderr } = await container.ctl('apply', '--wait');
  assert.equal(code, 0, stderr);
}

async function hangUp(container: Container): Promise<void> {
  const told = container.stdout.lines.length;
  await container.signal('SIGHUP');
  await until('the log to say what became of it', () =>
    container.stdout.lines.slice(told).find((line) => /configuration .*signal:SIGHUP/.test(line)),
  );
}

function indexOf(events: readonly EventView[], type: string, service: string, after = -1): number {
  const index = events.findIndex(
    (event, at) => at > after && event.type === type && event.service === service,
  );
  assert.ok(index >= 0, `${service} ${type} after ${after}`);
  return index;
}

test('SIGHUP: one changed, one added, one removed; nothing else is touched', async () => {
  await using container = new Container({
    services: {
      kept: FOREVER,
      changed: FOREVER,
      removed: FOREVER,
      user: `${FOREVER}depends_on: [changed]\n`,
    },
    options: ['--log-format', 'prefix'],
  });
  await reaches(container, 'user', 'running');
  await reaches(container, 'removed', 'running');
  const before = await Promise.all(['kept', 'changed', 'user'].map((name) => pidOf(container, name)));
  write(container, 'changed', LONGER);
  write(container, 'added', FOREVER);
  remove(container, 'removed');
  await hangUp(container);
  await reaches(container, 'added', 'running');
  await until('removed to be gone', async () => (await container.ctl('status', 'removed')).code === 4);
  await until('another run', async () => {
    const changed = await statusOf(container, 'changed');
    return changed?.state === 'running' && changed.pid !== before[1];
  });
  // What needs a service that is restarted goes on, as after `bosunctl restart`.
  assert.deepEqual([await pidOf(container, 'kept'), await pidOf(container, 'user')], [before[0], before[2]]);
  assert.match(
    container.stdout.text,
    /configuration applied, asked by signal:SIGHUP: \+ added, ~ changed \(command\), - removed/,
  );
  const starts = (await eventsOf(container)).filter(({ type }) => type === 'starting');
  assert.deepEqual(starts.map(({ service }) => service).toSorted(), [
    'added',
    'changed',
    'changed',
    'kept',
    'removed',
    'user',
  ]);
});

test('those that need it stop before it is restarted and start when it is ready again', async () => {
  const app = (seconds: number): string => `command: [sleep, "${seconds}"]\ndepends_on: [db]\n`;
  const db = (seconds: number): string =>
    `command: [sh, -c, 'sleep 0.2; echo >&3; exec sleep ${seconds}']\nreadiness: {notify: {fd: 3}}\n`;
  await using container = new Container({ services: { db: db(1000), app: app(1000) } });
  await reaches(container, 'app', 'running');
  write(container, 'db', db(2000));
  write(container, 'app', app(2000));
  await hangUp(container);
  await settled(container);
  const events = await eventsOf(container);
  const applied = events.findIndex(({ type }) => type === 'configured');
  const gone = indexOf(events, 'exited', 'app', applied);
  const asked = indexOf(events, 'stopping', 'db', applied);
  const ready = indexOf(events, 'ready', 'db', asked);
  assert.ok(gone < asked, 'app ended before db was asked to');
  assert.ok(ready < indexOf(events, 'starting', 'app', applied), 'app was started when db was ready again');
  assert.equal((await statusOf(container, 'app'))?.starts, 2);
});

test('what says restart: true is restarted after it, and apply --wait waits for that too', async () => {
  const db = (seconds: number): string =>
    `command: [sh, -c, 'sleep 0.2; echo >&3; exec sleep ${seconds}']\nreadiness: {notify: {fd: 3}}\n`;
  await using container = new Container({
    services: { db: db(1000), app: `${FOREVER}depends_on: {db: {restart: true}}\n` },
  });
  await reaches(container, 'app', 'running');
  write(container, 'db', db(2000));
  const { stdout } = await container.ctl('apply', '--wait');
  assert.match(stdout, /^db is ready [\s\S]*^app is ready /m);
  const app = await statusOf(container, 'app');
  assert.deepEqual([app?.state, app?.starts], ['running', 2]);
});

test('a wrong configuration changes nothing and is told with file and line', async () => {
  await using container = new Container({
    services: { kept: FOREVER, changed: FOREVER },
    options: ['--log-format', 'prefix'],
  });
  await reaches(container, 'changed', 'running');
  const pid = await pidOf(container, 'changed');
  const { length } = await eventsOf(container);
  write(container, 'changed', `${LONGER}restart:\n  policy: sometimes\n`);
  write(container, 'added', FOREVER);
  await hangUp(container);
  assert.match(container.stdout.text, /^bosun +\| .*changed\.yaml:3:11: .*sometimes/m);
  for (const verb of ['plan', 'apply']) {
    const { code, stdout, stderr } = await container.ctl(verb);
    assert.deepEqual([code, stdout.trim()], [1, '']);
    assert.match(stderr, /changed\.yaml:3:11[\s\S]*policy: sometimes\n[\s\S]*1 error in 1 file/);
  }
  assert.equal((await eventsOf(container)).length, length);
  assert.equal(await pidOf(container, 'changed'), pid);
  assert.equal(await statusOf(container, 'added'), undefined);
});

test('two SIGHUPs in a row: what is in the files at the end is what runs', async () => {
  await using container = new Container({ services: { app: FOREVER } });
  const { pid } = await reaches(container, 'app', 'running');
  write(container, 'app', LONGER);
  await container.signal('SIGHUP');
  write(container, 'other', FOREVER);
  await container.signal('SIGHUP');
  await reaches(container, 'other', 'running');
  await settled(container);
  const app = await statusOf(container, 'app');
  assert.deepEqual([app?.state, app?.starts, app?.pid === pid], ['running', 2, false]);
});

test('a configuration that comes while the one before is still on its way', async () => {
  // Ignores TERM, so that the first change takes as long as the test wants it to.
  const stubborn = (tag: number): string =>
    `command: [sh, -c, 'trap "" TERM; echo tag ${tag}; while [ ! -e $TEST_DIR/go ]; do sleep 0.02; done']\nstop: {timeout: 1m}\n`;
  await using container = new Container({ services: { app: stubborn(1) } });
  await reaches(container, 'app', 'running');
  write(container, 'app', stubborn(2));
  await container.ctl('apply');
  await reaches(container, 'app', 'stopping');
  write(container, 'app', `command: [sh, -c, 'echo tag 3; exec sleep 100000']\n`);
  assert.equal((await container.ctl('apply')).code, 0);
  assert.match((await container.ctl('plan')).stdout, /^Nothing is different/);
  writeFileSync(join(container.directory, 'go'), '');
  await settled(container);
  assert.match((await container.ctl('logs', 'app')).stdout, /^tag 1\ntag 3\n$/);
});

test('SIGHUP while Bosun starts is not lost, and apply while services start keeps their order', async () => {
  const slow = (name: string): string =>
    `command: [sh, -c, 'until test -e $TEST_DIR/go; do sleep 0.02; done; echo >&3; exec sleep 100000']\n` +
    `readiness: {notify: {fd: 3}}\ndescription: ${name}\n`;
  await using container = new Container({
    services: { db: slow('one'), app: `${FOREVER}depends_on: [db]\n` },
  });
  await container.pid();
  // Before the control plane is there; the file is read when it is.
  await until('the first service', async () => {
    await container.signal('SIGHUP').catch(() => undefined);
    return (await statusOf(container, 'db'))?.state === 'starting';
  });
  write(container, 'db', slow('two'));
  write(container, 'late', `${FOREVER}depends_on: [app]\n`);
  assert.equal((await container.ctl('apply')).code, 0);
  assert.equal((await statusOf(container, 'db'))?.description, 'two');
  assert.equal((await statusOf(container, 'late'))?.state, 'waiting');
  writeFileSync(join(container.directory, 'go'), '');
  await reaches(container, 'late', 'running');
  const db = await statusOf(container, 'db');
  assert.equal(db?.starts, 1, 'a description is no reason to restart');
});

test('a service that others need no more can be removed without them', async () => {
  await using container = new Container({
    services: { cache: FOREVER, app: `${FOREVER}depends_on: [cache]\n` },
  });
  const app = await reaches(container, 'app', 'running');
  remove(container, 'cache');
  const refused = await container.ctl('plan');
  assert.equal(refused.code, 1);
  assert.match(refused.stderr, /no service is called "cache"/);
  write(container, 'app', FOREVER);
  const { stdout } = await container.ctl('apply', '--wait');
  assert.match(stdout, /^= app +update: depends_on$[\s\S]*^- cache +removed$[\s\S]*^cache is gone$/m);
  assert.equal(await pidOf(container, 'app'), app.pid);
  assert.equal((await container.ctl('logs', 'cache')).code, 4);
});

test('another restart policy restarts nothing and holds from the next end on', async () => {
  const app = (policy: string): string => `${FOREVER}restart: {policy: ${policy}, delay: 0}\n`;
  await using container = new Container({ services: { app: app('always') } });
  const { pid } = await reaches(container, 'app', 'running');
  write(container, 'app', app('never'));
  const { stdout } = await container.ctl('apply');
  assert.match(stdout, /^= app +update: restart\n +restart\.policy: always -> never$/m);
  assert.equal(await pidOf(container, 'app'), pid);
  await container.ctl('signal', 'KILL', 'app');
  const failed = await reaches(container, 'app', 'failed');
  assert.equal(failed.starts, 1);
});

test('a service that was skipped is started when what it asks for is there', async () => {
  await using container = new Container({
    services: { app: `${FOREVER}when: {executable: $TEST_DIR/program}\n` },
  });
  await reaches(container, 'app', 'skipped');
  writeFileSync(join(container.directory, 'program'), '', { mode: 0o755 });
  const { stdout } = await container.ctl('apply', '--wait');
  assert.match(stdout, /^~ app +restart: when\n +when: .*program[^~]* -> eligible\n[\s\S]*^app is ready/m);
});

test('another schedule holds at once, and a timer that is made a service is started', async () => {
  const timer = (every: string): string => `type: timer\nevery: ${every}\ncommand: ['true']\n`;
  await using container = new Container({ services: { often: timer('9000h'), always: timer('9000h') } });
  const before = await reaches(container, 'often', 'scheduled');
  write(container, 'often', timer('1h'));
  write(container, 'always', FOREVER);
  await settled(container);
  const after = await statusOf(container, 'often');
  assert.ok((after?.next?.in_ms ?? NaN) < (before.next?.in_ms ?? NaN) / 1000, JSON.stringify(after?.next));
  assert.equal((await statusOf(container, 'always'))?.state, 'running');
});

test('what waited for something is started when the configuration asks for it no more', async () => {
  await using container = new Container({
    services: {
      db: `${FOREVER}readiness: {file: /no/such/file}\nstartup: {timeout: 0}\n`,
      app: `${FOREVER}depends_on: [db]\n`,
    },
  });
  await reaches(container, 'app', 'waiting');
  write(container, 'app', LONGER);
  const { code, stdout } = await container.ctl('apply', '--wait');
  assert.equal(code, 0);
  assert.match(stdout, /^= app +update: command, depends_on\n[\s\S]*^app is ready/m);
});

test('the command after -- survives', async () => {
  await using container = new Container({
    services: { app: FOREVER, other: FOREVER },
    fleet: 'shutdown: {budget: 8s}\nlogs: {format: json}\n',
    options: ['--shutdown-budget', '5s', '--log-format', 'prefix'],
    command: ['sleep', '300000'],
  });
  const main = await reaches(container, 'main', 'running');
  // What options decide is no difference.
  assert.match((await container.ctl('plan')).stdout, /^Nothing is different: 3 services/);
  write(container, 'app', LONGER);
  write(container, 'added', FOREVER);
  remove(container, 'other');
  await hangUp(container);
  await settled(container);
  assert.equal(await pidOf(container, 'main'), main.pid);
  const { depends_on: needs } = (await statusOf(container, 'main')) ?? main;
  assert.deepEqual(
    needs.map(({ service }) => service),
    ['added', 'app'],
  );
  await container.signal('SIGTERM');
  assert.deepEqual(await container.end(), { code: 0, signal: null });
});

test('a new control plane knows what was applied', async () => {
  await using container = new Container({
    services: { app: FOREVER },
    environment: { BOSUN_FAULT_INJECTION: 'plane' },
  });
  await reaches(container, 'app', 'running');
  write(container, 'added', `command: [sh, -c, 'echo hello; exec sleep 100000']\n`);
  await settled(container);
  await until('its line', async () => (await container.ctl('logs', 'added')).stdout.includes('hello'));
  await container.signal('SIGUSR2');
  await until('the new control plane', async () =>
    (await eventsOf(container).catch(() => [])).some(({ type }) => type === 'plane-restarted'),
  );
  assert.equal((await statusOf(container, 'added'))?.state, 'running');
  assert.match((await container.ctl('plan')).stdout, /^Nothing is different: 2 services/);
});

test('plan says what would be done and does nothing; values of variables are not in it', async () => {
  const app = (secret: string): string => `${FOREVER}environment: {PASSWORD: ${secret}, MODE: fast}\n`;
  await using container = new Container({
    services: { app: app('hunter2'), web: FOREVER },
    fleet: 'shutdown: {budget: 9s}\nlogs: {format: prefix}\n',
  });
  await reaches(container, 'app', 'running');
  write(container, 'app', app('correct-horse').replace(', MODE: fast', ', DEBUG: "1"'));
  write(container, 'web', `${FOREVER}stop: {timeout: 7s}\n`);
  writeFileSync(join(container.directory, 'bosun.yaml'), 'shutdown: {budget: 8s}\nlogs: {format: json}\n');
  const { length } = await eventsOf(container);
  const { code, stdout } = await container.ctl('plan');
  assert.equal(code, 0);
  assert.match(stdout, /^~ app +restart: environment$/m);
  assert.match(stdout, /^ +environment\.PASSWORD changed$/m);
  assert.match(stdout, /^ +environment\.MODE removed$/m);
  assert.match(stdout, /^ +environment\.DEBUG added$/m);
  assert.match(stdout, /^= web +update: stop\n +stop\.timeout: 5s -> 7s$/m);
  assert.match(stdout, /^= bosun\.yaml +shutdown\.budget: 9s -> 8s$/m);
  assert.match(stdout, /^! bosun\.yaml +logs\.format: prefix -> json, from the next start/m);
  const json = (await container.ctl('plan', '--json')).stdout;
  planView.parse(JSON.parse(json));
  assert.equal((await eventsOf(container)).length, length);
  const applied = (await container.ctl('apply', '--wait', '--json')).stdout;
  assert.equal(applyView.parse(JSON.parse(applied)).outcome, 'reached');
  assert.doesNotMatch(stdout + json + applied + container.stdout.text, /hunter2|correct-horse/);
});
