// Services that tell of themselves by sd_notify(3), through the real systemd-notify, under Bosun as the real PID 1.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import { Container } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

/** Each line that is written to the pipe `orders-NAME` is said by a short-lived systemd-notify, which waits for its barrier. */
function teller(name: string, more = 'readiness: {notify: {socket: true}}'): string {
  const orders = `$TEST_DIR/orders-${name}`;
  return `command:
  - sh
  - -c
  - |
    echo "$$NOTIFY_SOCKET" > $TEST_DIR/socket-${name}
    mkfifo ${orders}
    while read -r order; do
      systemd-notify "$$order" && echo "$$order" >> $TEST_DIR/said-${name}
    done <> ${orders}
${more}
`;
}

async function order(container: Container, name: string, assignment: string): Promise<void> {
  const orders = join(container.directory, `orders-${name}`);
  await until(`the pipe of ${name}`, () => existsSync(orders));
  writeFileSync(orders, `${assignment}\n`);
}

/** Resolves when systemd-notify has ended with 0. */
async function say(container: Container, name: string, assignment: string): Promise<void> {
  const said = (): string => container.read(`said-${name}`) ?? '';
  const all = `${said()}${assignment}\n`;
  await order(container, name, assignment);
  await until(`${name} to say ${assignment}`, () => said() === all);
}

async function event(container: Container, service: string, type: string): Promise<EventView> {
  return until(`the event ${type} of ${service}; stderr: ${container.stderr.text}`, async () =>
    (await eventsOf(container)).find((seen) => seen.service === service && seen.type === type),
  );
}

test('READY, STATUS, ERRNO, RELOADING and STOPPING: each seen at once', async () => {
  await using container = new Container({ services: { a: teller('a') } });
  await say(container, 'a', 'STATUS=Reading its files');
  const told = await event(container, 'a', 'status-told');
  assert.equal(told.details['text'], 'Reading its files');
  assert.equal((await reaches(container, 'a', 'starting')).status_text, 'Reading its files');
  await say(container, 'a', 'READY=1');
  await reaches(container, 'a', 'running');
  await say(container, 'a', 'ERRNO=28');
  await until('its error', async () => (await statusOf(container, 'a'))?.status_text === 'failed: ENOSPC');
  await say(container, 'a', 'RELOADING=1');
  await event(container, 'a', 'reload-started');
  await say(container, 'a', 'READY=1');
  await event(container, 'a', 'reload-finished');
  await say(container, 'a', 'STOPPING=1');
  await reaches(container, 'a', 'unready');
  await say(container, 'a', 'X_SOMETHING=else');
  assert.equal((await statusOf(container, 'a'))?.starts, 1);
});

test('a dependent waits for READY=1; readiness by something else is not made by it', async () => {
  await using container = new Container({
    services: {
      a: teller('a'),
      b: teller('b', 'readiness: {file: $TEST_DIR/no-such-file}\nliveness: {watchdog: 1h}'),
      c: 'command: [sleep, "100000"]\ndepends_on: [a]\n',
    },
  });
  await reaches(container, 'c', 'waiting');
  await say(container, 'b', 'READY=1');
  await say(container, 'a', 'READY=1');
  await reaches(container, 'c', 'running');
  assert.equal((await statusOf(container, 'b'))?.state, 'starting');
});

test('the environment: a socket in the abstract namespace, the watchdog’s time, and neither where they were not asked for', async () => {
  const printing = (more: string): string => `command: [sh, -c, "env; exec sleep 100000"]\n${more}`;
  await using container = new Container({
    environment: { NOTIFY_SOCKET: '/run/of/somebody/else', WATCHDOG_USEC: '5', WATCHDOG_PID: '1' },
    fleet: 'logs: {format: prefix}\n',
    services: {
      none: printing(''),
      ready: printing('readiness: {notify: {socket: true}}\n'),
      watched: printing('liveness: {watchdog: 90s}\n'),
    },
  });
  const lineOf = (service: string, text: RegExp): Promise<string> =>
    container.stdout.line((line) => line.includes(service) && text.test(line));
  await lineOf('none', /PATH=/);
  await lineOf('ready', /NOTIFY_SOCKET=@bosun\/1\//);
  await lineOf('watched', /NOTIFY_SOCKET=@bosun\/1\//);
  await lineOf('watched', /WATCHDOG_USEC=90000000$/);
  for (const name of ['none', 'ready', 'watched']) await lineOf(name, /BOSUN_SERVICE=/);
  const told = container.stdout.lines.filter((line) => /NOTIFY_SOCKET|WATCHDOG/.test(line));
  assert.equal(told.length, 3, told.join('\n'));
});

test('MAINPID: the service goes on with the process that it names, although the first one ends right after', async () => {
  const script = 'sleep 100000 & systemd-notify --no-block --ready "MAINPID=$$!"; exit 0';
  const handsOver = `command: [sh, -c, '${script}']\nreadiness: {notify: {socket: true}}\n`;
  const names = ['a', 'b', 'c', 'd', 'e'];
  await using container = new Container({
    services: Object.fromEntries(names.map((name) => [name, handsOver])),
  });
  const events = await until(`all to be ready; stderr: ${container.stderr.text}`, async () => {
    const seen = await eventsOf(container);
    return seen.filter(({ type }) => type === 'ready').length === names.length && seen;
  });
  for (const name of names) {
    const changed = events.find((seen) => seen.service === name && seen.type === 'leader-changed');
    const status = await statusOf(container, name);
    assert.equal(status?.state, 'running');
    assert.equal(status.pid, changed?.details['pid']);
    assert.equal(status.starts, 1);
  }
  const exited = (await eventsOf(container)).filter((seen) => seen.type === 'exited');
  assert.deepEqual(exited, []);
});

test('what another service says for it is refused, told on stderr, and not waited for', async () => {
  const meddler = `command:
  - sh
  - -c
  - |
    until test -s $TEST_DIR/socket-a; do sleep 0.01; done
    NOTIFY_SOCKET=$$(cat $TEST_DIR/socket-a) systemd-notify --ready && systemd-notify --ready
    exec sleep 100000
readiness: {notify: {socket: true}}
`;
  await using container = new Container({ services: { a: teller('a'), b: meddler } });
  await reaches(container, 'b', 'running');
  await container.stderr.line(
    /service a: a notification from process \d+ .*, which is not one of its own, was refused/,
  );
  assert.equal((await statusOf(container, 'a'))?.state, 'starting');
  await say(container, 'a', 'READY=1');
  await reaches(container, 'a', 'running');
});

test('a watchdog that is not served ends the run, and the next one begins; one that is served does not', async () => {
  const serving = (rounds: string, period: string): string => `command:
  - sh
  - -c
  - |
    systemd-notify --ready
    for round in ${rounds}; do systemd-notify WATCHDOG=1; sleep 0.1; done
    exec sleep 100000
readiness: {notify: {socket: true}}
liveness: {watchdog: ${period}}
restart: {delay: 10ms}
`;
  await using container = new Container({
    services: { fails: serving('1 2', '300ms'), serves: serving('$$(seq 100000)', '5s') },
  });
  const begunMs = performance.now();
  await until('its third run', async () => ((await statusOf(container, 'fails'))?.starts ?? 0) >= 3);
  const events = (await eventsOf(container)).filter((seen) => seen.service === 'fails');
  const failed = events.find((seen) => seen.type === 'probe-failed');
  assert.equal(failed?.details['reason'], 'no WATCHDOG=1 within 300ms');
  assert.equal(events.find((seen) => seen.type === 'stopping')?.details['cause'], 'liveness-failed');
  // Longer than a period of the one that is served.
  await until('5 s', () => performance.now() - begunMs > 5000);
  const serves = await statusOf(container, 'serves');
  assert.equal(serves?.state, 'running');
  assert.equal(serves.starts, 1);
});

test('with a startup probe the watchdog counts from when that has passed, ready or not', async () => {
  await using container = new Container({
    services: {
      a: `command: [sleep, "100000"]
startup: {probe: {file: $TEST_DIR/started}}
readiness: {file: $TEST_DIR/no-such-file}
liveness: {watchdog: 200ms}
`,
      // Ready at once, and so stopped for its silence: by then the other one has been silent for as long.
      b: 'command: [sleep, "100000"]\nliveness: {watchdog: 400ms}\nrestart: {policy: never}\n',
    },
  });
  await reaches(container, 'b', 'failed');
  assert.equal((await statusOf(container, 'a'))?.state, 'starting');
  writeFileSync(join(container.directory, 'started'), '');
  const stop = await event(container, 'a', 'stopping');
  assert.equal(stop.details['cause'], 'liveness-failed');
});

test('WATCHDOG=trigger ends the run at once, without a watchdog too', async () => {
  await using container = new Container({ services: { a: teller('a') } });
  await say(container, 'a', 'READY=1');
  await order(container, 'a', 'WATCHDOG=trigger');
  const stop = await event(container, 'a', 'stopping');
  assert.equal(stop.details['cause'], 'liveness-failed');
});

test('EXTEND_TIMEOUT_USEC: a start that asks for more time gets it, one that does not is stopped', async () => {
  const slow = 'readiness: {notify: {socket: true}}\nstartup: {timeout: 1s}\nrestart: {policy: never}';
  await using container = new Container({
    services: { asks: teller('asks', slow), not: teller('not', slow) },
  });
  await say(container, 'asks', 'EXTEND_TIMEOUT_USEC=60000000');
  await reaches(container, 'not', 'failed');
  assert.equal((await statusOf(container, 'asks'))?.state, 'starting');
  await say(container, 'asks', 'READY=1');
  await reaches(container, 'asks', 'running');
});

test('EXTEND_TIMEOUT_USEC: a stop that asks for more time gets it, one that does not is killed', async () => {
  const slow = (name: string, atTerm: string): string => `command:
  - sh
  - -c
  - |
    mkfifo $TEST_DIR/go-${name}
    trap '${atTerm}; read -r go <> $TEST_DIR/go-${name}; exit 7' TERM
    systemd-notify --ready
    while :; do sleep 100000 & wait; done
readiness: {notify: {socket: true}}
stop: {timeout: 1s}
`;
  await using container = new Container({
    services: { asks: slow('asks', 'systemd-notify EXTEND_TIMEOUT_USEC=8000000'), not: slow('not', ':') },
  });
  for (const name of ['asks', 'not']) await reaches(container, name, 'running');
  const stopped = container.ctl('stop', 'asks', 'not');
  await event(container, 'not', 'killed');
  await event(container, 'asks', 'timeout-extended');
  writeFileSync(join(container.directory, 'go-asks'), 'now\n');
  await stopped;
  assert.equal((await reaches(container, 'asks', 'stopped')).last_exit?.code, 7);
  assert.equal((await reaches(container, 'not', 'stopped')).last_exit?.signal, 'SIGKILL');
});

test('descriptors to be kept are refused politely, a barrier is answered, and Bosun has as many descriptors as before', async () => {
  const fixture = join(import.meta.dirname, '../fixtures/notify-descriptors.ts');
  await using container = new Container({
    services: {
      keeps: `command: [${process.execPath}, ${fixture}]\nreadiness: {notify: {socket: true}}\nrestart: {policy: never}\n`,
      plain: 'command: [sleep, "100000"]\n',
    },
  });
  await reaches(container, 'keeps', 'running');
  await container.stderr.line(/service keeps: .*FDSTORE=1.* were closed/);
  await container.ctl('stop', 'keeps');
  await reaches(container, 'keeps', 'stopped');
  const count = async (): Promise<number> => readdirSync(`/proc/${await container.pid()}/fd`).length;
  const before = await count();
  await container.ctl('start', 'keeps');
  await reaches(container, 'keeps', 'running');
  await container.ctl('stop', 'keeps');
  await reaches(container, 'keeps', 'stopped');
  await until('as many as before', async () => (await count()) === before);
});

test('a service of another user, which may write nowhere, and one whose child has a session of its own', async () => {
  const telling = (command: string): string =>
    `command: ${command}\nreadiness: {notify: {socket: true}}\nrestart: {policy: never}\n`;
  await using container = new Container({
    services: {
      user: `${telling('[sh, -c, "systemd-notify --ready; exec sleep 100000"]')}user: "65534:65534"\n`,
      child: telling('[sh, -c, "setsid --wait sh -c \'systemd-notify --ready; exec sleep 100000\'"]'),
    },
  });
  for (const name of ['user', 'child']) await reaches(container, name, 'running');
});

test('not PID 1: the same, and an orphan of the run may say it too', async () => {
  await using container = new Container({
    place: 'below',
    services: {
      a: 'command: [sh, -c, "(systemd-notify --ready &); exec sleep 100000"]\nreadiness: {notify: {socket: true}}\n',
    },
  });
  await reaches(container, 'a', 'running');
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});
