// The rules that users trip over elsewhere, one test each, with real processes under Bosun as the real PID 1.
import assert from 'node:assert/strict';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release } from 'node:os';
import { test } from 'node:test';
import type { EventView } from '../../supervisor/wire/event-view.ts';
import { Container } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';

const FOREVER = 'command: [sleep, "100000"]\n';
const EAGER = 'restart: {delay: 10ms, max_delay: 10ms}\n';

const ofService = (events: readonly EventView[], service: string, type: string): readonly EventView[] =>
  events.filter((event) => event.service === service && event.type === type);

async function seen(
  container: Container,
  service: string,
  type: string,
  count = 1,
): Promise<readonly EventView[]> {
  return until(`${count} ${type} of ${service}; stderr: ${container.stderr.text}`, async () => {
    const events = ofService(await eventsOf(container), service, type);
    return events.length >= count ? events : undefined;
  });
}

test('a readiness failure never kills: the service is unready, keeps its pid, and becomes ready again', async () => {
  const asked = 'sh -c "echo x >> $TEST_DIR/asked; test -e $TEST_DIR/ready"';
  await using container = new Container({
    services: { a: `${FOREVER}readiness: {exec: '${asked}', period: 20ms, failure_threshold: 2}\n` },
  });
  const flag = `${container.directory}/ready`;
  writeFileSync(flag, '');
  const { pid } = await reaches(container, 'a', 'running');
  rmSync(flag);
  await reaches(container, 'a', 'unready');
  const timesAsked = (): number => container.read('asked')?.length ?? 0;
  const before = timesAsked();
  // Many times its threshold: the failures go on, and nothing comes of them.
  await until('many more failures', () => timesAsked() > before + 40);
  assert.equal((await statusOf(container, 'a'))?.state, 'unready');
  writeFileSync(flag, '');
  const again = await reaches(container, 'a', 'running');
  assert.equal(again.pid, pid);
  assert.equal(again.restarts, 0);
});

test('a liveness failure stops and restarts, once per failure; counters start anew with every run', async () => {
  await using container = new Container({
    services: {
      // Dead in its first run only, and each run finds the count at zero: one failure less than the threshold is forgiven in each.
      a:
        'command: [sh, -c, "echo x >> $TEST_DIR/runs; exec sleep 100000"]\n' +
        'liveness: {exec: [test, -e, $TEST_DIR/alive], period: 20ms, failure_threshold: 3}\n' +
        EAGER,
    },
  });
  const stops = await seen(container, 'a', 'stopping', 2);
  writeFileSync(`${container.directory}/alive`, '');
  assert.deepEqual(
    stops.slice(0, 2).map(({ details }) => details['cause']),
    ['liveness-failed', 'liveness-failed'],
  );
  const events = await eventsOf(container);
  const failures = ofService(events, 'a', 'probe-failed');
  // In each run the count goes 1, 2, 3 and the run is stopped at 3: never more, and never from where the last run was.
  for (const stop of stops.slice(0, 2)) {
    const counts = failures
      .filter(({ details }) => details['run'] === stop.details['run'])
      .map(({ details }) => details['failures']);
    assert.deepEqual(counts, [1, 2, 3]);
  }
  await reaches(container, 'a', 'running');
  assert.equal(ofService(events, 'a', 'killed').length, 0);
});

test('a start-up that times out is a failure, never "online anyway": dependents are not started', async () => {
  await using container = new Container({
    services: {
      slow: `${FOREVER}readiness: {file: /no/such/file}\nstartup: {timeout: 100ms}\n${EAGER}`,
      dependent: `${FOREVER}depends_on: [slow]\n`,
    },
  });
  await seen(container, 'slow', 'backing-off', 2);
  const events = await eventsOf(container);
  assert.equal(ofService(events, 'slow', 'ready').length, 0);
  assert.equal(ofService(events, 'dependent', 'starting').length, 0);
  assert.equal((await statusOf(container, 'dependent'))?.state, 'waiting');
});

test('a failed spawn goes through back-off like a crash: ENOENT, EACCES, ENOEXEC and E2BIG', async () => {
  const tooLarge = 'x'.repeat(200_000);
  await using container = new Container({
    services: {
      enoent: `command: [/no/such/program]\n${EAGER}`,
      eacces: `command: [/etc/passwd]\n${EAGER}`,
      enoexec: `command: [$TEST_DIR/garbage]\n${EAGER}`,
      e2big: `command: [echo, ${tooLarge}]\n${EAGER}`,
    },
  });
  writeFileSync(`${container.directory}/garbage`, '\u0001\u0002\u0003');
  chmodSync(`${container.directory}/garbage`, 0o755);
  for (const name of ['enoent', 'eacces', 'e2big']) {
    const [failure] = await seen(container, name, 'spawn-failed', 2);
    assert.match(JSON.stringify(failure?.details), new RegExp(name.toUpperCase()));
    assert.ok((await seen(container, name, 'backing-off', 2)).length >= 2);
  }
  await until('the program to be seen as none', async () =>
    JSON.stringify(ofService(await eventsOf(container), 'enoexec', 'spawn-failed')).includes('ENOEXEC'),
  );
});

test('a dependency that fails keeps its dependents waiting, with the reason; required: false goes on', async () => {
  await using container = new Container({
    services: {
      broken: 'type: oneshot\ncommand: [sh, -c, "exit 3"]\n',
      absent: `${FOREVER}when: {executable: no-such-program}\n`,
      needs_broken: `${FOREVER}depends_on: [broken]\n`,
      needs_absent: `${FOREVER}depends_on: [absent]\n`,
      goes_on: `${FOREVER}depends_on: {broken: {required: false}, absent: {required: false}}\n`,
    },
  });
  await reaches(container, 'broken', 'failed');
  await reaches(container, 'goes_on', 'running');
  const waiting = await reaches(container, 'needs_broken', 'waiting');
  assert.match(waiting.note, /broken/);
  assert.match(waiting.note, /code 3/);
  assert.deepEqual(
    waiting.waiting_for.map(({ service, verdict }) => [service, verdict]),
    [['broken', 'blocked']],
  );
  assert.match((await reaches(container, 'needs_absent', 'waiting')).note, /absent/);
});

test('restart: true restarts dependents after their dependency has restarted, and only those', async () => {
  await using container = new Container({
    services: {
      db: FOREVER,
      follows: `${FOREVER}depends_on: {db: {restart: true}}\n`,
      stays: `${FOREVER}depends_on: [db]\n`,
    },
  });
  await reaches(container, 'follows', 'running');
  const { pid } = await reaches(container, 'stays', 'running');
  const [firstDb] = await seen(container, 'db', 'ready');
  assert.ok(firstDb !== undefined);
  await container.ctl('restart', 'db');
  const [, second] = await seen(container, 'follows', 'starting', 2);
  const [, dbReady] = await seen(container, 'db', 'ready', 2);
  assert.ok(second !== undefined && dbReady !== undefined && dbReady.id < second.id);
  assert.equal((await statusOf(container, 'stays'))?.pid, pid);
});

test('starting a service starts what it needs; stopping one stops what needs it first, and both say so', async () => {
  await using container = new Container({
    services: {
      db: FOREVER,
      app: `${FOREVER}depends_on: [db]\n`,
    },
  });
  await reaches(container, 'app', 'running');
  const stopped = await container.ctl('stop', 'db');
  assert.match(stopped.stdout, /app/);
  await reaches(container, 'db', 'stopped');
  const events = await eventsOf(container);
  const [appGone] = ofService(events, 'app', 'stopped');
  const [dbAsked] = ofService(events, 'db', 'stopping');
  assert.ok(appGone !== undefined && dbAsked !== undefined && appGone.id < dbAsked.id);
  const started = await container.ctl('start', 'app');
  assert.match(started.stdout, /db/);
  await reaches(container, 'app', 'running');
  await reaches(container, 'db', 'running');
});

test('a stop during start, back-off or waiting cancels it', async () => {
  await using container = new Container({
    services: {
      starting: `${FOREVER}readiness: {file: /no/such/file}\n`,
      waiting: `${FOREVER}depends_on: [starting]\n`,
      backoff: 'command: [sh, -c, "exit 1"]\nrestart: {delay: 100s, max_delay: 100s}\n',
    },
  });
  await reaches(container, 'starting', 'starting');
  await reaches(container, 'backoff', 'backoff');
  await container.ctl('stop', 'waiting', 'backoff', 'starting');
  for (const name of ['starting', 'waiting', 'backoff']) await reaches(container, name, 'stopped');
  const starts = (await eventsOf(container))
    .filter(({ type }) => type === 'starting')
    .map(({ service }) => service);
  assert.deepEqual(starts.sort(), ['backoff', 'starting']);
});

test('a start during stopping starts after it is gone', async () => {
  await using container = new Container({
    services: {
      stubborn:
        'command: [sh, -c, "trap \'\' TERM; echo up; while :; do sleep 0.01; done"]\nstop: {timeout: 300ms}\n',
    },
  });
  await until('its trap to be set', () => container.stdout.text.includes('up'));
  const before = await reaches(container, 'stubborn', 'running');
  const stop = container.ctl('stop', 'stubborn');
  await reaches(container, 'stubborn', 'stopping');
  await container.ctl('start', 'stubborn');
  await stop;
  const after = await until('another run', async () => {
    const view = await statusOf(container, 'stubborn');
    return view?.state === 'running' && view.pid !== before.pid ? view : undefined;
  });
  const events = await eventsOf(container);
  const [exited] = ofService(events, 'stubborn', 'exited');
  const [, second] = ofService(events, 'stubborn', 'starting');
  assert.ok(exited !== undefined && second !== undefined && exited.id < second.id);
  assert.equal(after.wanted, 'up');
});

/** pid_max belongs to the PID namespace from Linux 6.14 on; before, it would be that of the whole machine. */
function pidLimitIsOurs(): boolean {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  return major > 6 || (major === 6 && minor >= 14);
}

test(
  'process ids that come again and again: nobody is taken for somebody else',
  { skip: !pidLimitIsOurs() },
  async () => {
    const outside = readFileSync('/proc/sys/kernel/pid_max', 'utf8');
    await using container = new Container({
      services: {
        limit: 'type: oneshot\ncommand: [sh, -c, "echo 400 > /proc/sys/kernel/pid_max"]\n',
        steady: `${FOREVER}depends_on: {limit: {condition: service_completed_successfully}}\n`,
        // Each turn takes a new pid, hundreds of times more than there are.
        churn:
          'command: [sh, -c, "i=0; while [ $$i -lt 4000 ]; do /bin/true; i=$$((i+1)); done; exit 7"]\n' +
          'depends_on: [steady]\nrestart: {policy: never}\n',
        // Ends with a number of its own each time, while the pids go round.
        ticker:
          "command: [sh, -c, 'echo x >> $$TEST_DIR/ticks; exit $$(($$(wc -l < $$TEST_DIR/ticks) % 250 + 1))']\n" +
          'depends_on: [steady]\nrestart: {delay: 0, max_delay: 5ms}\n',
      },
    });
    const { pid } = await reaches(container, 'steady', 'running');
    const failed = await until(
      'the pids to have gone round',
      async () => {
        const view = await statusOf(container, 'churn');
        return view?.state === 'failed' ? view : undefined;
      },
      60_000,
    );
    assert.equal(failed.last_exit?.code, 7);
    await container.ctl('stop', 'ticker');
    await reaches(container, 'ticker', 'stopped');
    const codes = ofService(await eventsOf(container), 'ticker', 'exited')
      .map(({ details }) => details['exit'] as { code?: number })
      .flatMap(({ code }) => code ?? []);
    // The oldest events may have left the ring; what is there is without a gap and without a stranger.
    const [first = 0] = codes;
    assert.ok(codes.length > 10, `${codes.length} ticks`);
    assert.deepEqual(
      codes,
      codes.map((_, index) => ((first - 1 + index) % 250) + 1),
    );
    const after = await statusOf(container, 'steady');
    assert.deepEqual([after?.pid, after?.restarts], [pid, 0]);
    assert.equal(readFileSync('/proc/sys/kernel/pid_max', 'utf8'), outside);
  },
);

test(
  'EAGAIN when no process can be had: back-off like a crash, and it comes up when there is room',
  { skip: !pidLimitIsOurs() },
  async () => {
    await using container = new Container({
      services: {
        limit: 'type: oneshot\ncommand: [sh, -c, "echo 400 > /proc/sys/kernel/pid_max"]\n',
        // Takes every pid there is. The subshell ends when it cannot fork any more; what it has started stays in the group.
        hog:
          'command: [sh, -c, "(while :; do sleep 100000 & done) 2>/dev/null; : > $TEST_DIR/full; exec sleep 100000"]\n' +
          'readiness: {file: $TEST_DIR/full}\n' +
          'depends_on: {limit: {condition: service_completed_successfully}}\nrestart: {policy: never}\n',
        late: `${FOREVER}depends_on: {hog: {required: false}}\nrestart: {delay: 20ms, max_delay: 20ms}\n`,
      },
    });
    const [first] = await seen(container, 'late', 'spawn-failed', 2);
    assert.match(JSON.stringify(first?.details), /EAGAIN/);
    assert.ok((await seen(container, 'late', 'backing-off', 2)).length >= 2);
    await container.ctl('stop', 'hog');
    await reaches(container, 'late', 'running');
  },
);
