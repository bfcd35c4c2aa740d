// Commands around a run under Bosun as the real PID 1: when each is run, what it is told, and that none outlives its time.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { reaches } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { detailsOf, livesInside, pidIn, shell, typesOf } from '../support/inside.ts';

const told = shell(
  'echo "$BOSUN_HOOK ${MAINPID:-none} ${EXIT_CODE:-none} ${EXIT_STATUS:-none}" >> $TEST_DIR/log',
);
const SERVICE = shell('trap "exit 3" TERM; echo "run $$" >> $TEST_DIR/log; while :; do sleep 0.02; done');

test('the hooks of a run, in order, and what each is told', async () => {
  await using container = new Container({
    services: {
      a: `command: ${SERVICE}
hooks:
  pre_start: ${told}
  post_start: ${told}
  pre_stop: {command: ${told}, timeout: 5s}
  post_stop: ${told}
`,
    },
  });
  await until(
    'the start',
    () => container.read('log')?.includes('post_start') && container.read('log')?.includes('run'),
  );
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  const lines = container.read('log')?.trim().split('\n') ?? [];
  const pid = lines.find((line) => line.startsWith('run '))?.split(' ')[1] ?? '';
  assert.equal(lines[0], 'pre_start none none none');
  // The service is ready as soon as it is spawned: it and the hook run side by side.
  assert.deepEqual(lines.slice(1, 3).toSorted(), [`post_start ${pid} none none`, `run ${pid}`]);
  assert.deepEqual(lines.slice(3), [`pre_stop ${pid} none none`, 'post_stop none exited 3']);
});

test('a pre_start hook that fails: nothing is started, back-off, and its output says why', async () => {
  await using container = new Container({
    services: {
      a: `command: ${SERVICE}\nhooks: {pre_start: ${shell('echo no database; exit 4')}}\nrestart: {delay: 1h, max_delay: 1h}\n`,
    },
  });
  await reaches(container, 'a', 'backoff');
  assert.deepEqual(await detailsOf(container, 'hook-finished'), [
    { run: 1, hook: 'pre_start', outcome: { kind: 'failed', detail: 'exit code 4: no database' } },
  ]);
  assert.equal(container.read('log'), undefined);
  await container.stdout.line(/a: hook pre_start failed: exit code 4: no database/);
});

test('a post_start hook that fails: the run is stopped, and back-off', async () => {
  await using container = new Container({
    services: {
      a: `command: ${SERVICE}\nhooks: {post_start: ${shell('kill -9 $$')}}\nrestart: {delay: 1h, max_delay: 1h}\n`,
    },
  });
  await reaches(container, 'a', 'backoff');
  assert.deepEqual(await typesOf(container, 'a', 'hook-started'), [
    'hook-started',
    'hook-finished',
    'stopping',
    'exited',
    'backing-off',
  ]);
  await container.stdout.line(/a: hook post_start failed: killed by SIGKILL/);
});

test('a pre_stop hook that hangs: the grace period ends it and the run', async () => {
  const hang = shell('echo $$ > $TEST_DIR/hook; sleep 100000 & echo $! > $TEST_DIR/below; wait');
  await using container = new Container({
    services: {
      a: `command: ${SERVICE}\nhooks: {pre_stop: {command: ${hang}, timeout: 1h}}\nstop: {timeout: 500ms}\n`,
    },
  });
  await until('the service', () => container.read('log'));
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.ok((await typesOf(container, 'a', 'stopping')).includes('killed'));
  for (const file of ['hook', 'below']) {
    const pid = await pidIn(container, file);
    await until(`the end of the ${file}`, async () => !(await livesInside(container, pid)));
  }
});

test('after a crash the post_stop hook is told how it ended, and runs before the next run begins', async () => {
  const crash = 'echo run >> $TEST_DIR/log; [ $(grep -c run $TEST_DIR/log) = 1 ] && exit 7; kill -SEGV $$';
  await using container = new Container({
    services: {
      a: `command: ${shell(crash)}\nhooks: {post_stop: ${shell(
        'sleep 0.1; echo "$EXIT_CODE $EXIT_STATUS" >> $TEST_DIR/log',
      )}}\nrestart: {delay: 0, burst: {count: 2, window: 1h}}\n`,
    },
  });
  await reaches(container, 'a', 'failed');
  const lines = container.read('log')?.trim().split('\n');
  assert.deepEqual(lines, ['run', 'exited 7', 'run', 'killed SEGV', 'run', 'killed SEGV']);
});

test('a hook is killed with its whole group at its timeout, and says so', async () => {
  const hang = shell('echo asking; sleep 100000 & echo $! > $TEST_DIR/below; wait');
  await using container = new Container({
    services: {
      a: `command: ${SERVICE}\nhooks: {pre_start: {command: ${hang}, timeout: 300ms}}\nrestart: {delay: 1h, max_delay: 1h}\n`,
    },
  });
  const below = await pidIn(container, 'below');
  await reaches(container, 'a', 'backoff');
  assert.deepEqual(await detailsOf(container, 'hook-finished'), [
    {
      run: 1,
      hook: 'pre_start',
      outcome: {
        kind: 'failed',
        detail: 'timed out after 300 ms and was killed with its process group: asking',
      },
    },
  ]);
  await until('the end of the child', async () => !(await livesInside(container, below)));
});

test('what a hook leaves in its group ends with it; what it made a daemon of stays', async () => {
  const leaves = shell(
    `sleep 100000 & echo $! > $TEST_DIR/left
     setsid sh -c 'echo $$ > $TEST_DIR/daemon; exec sleep 100000' & while [ ! -s $TEST_DIR/daemon ]; do :; done`,
  );
  await using container = new Container({
    services: { a: `command: ${SERVICE}\nhooks: {pre_start: ${leaves}}\n` },
  });
  await until('the service', () => container.read('log'));
  const left = await pidIn(container, 'left');
  const daemon = await pidIn(container, 'daemon');
  assert.ok(!(await livesInside(container, left)));
  assert.ok(await livesInside(container, daemon));
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});

const HANGS = shell('echo $$ > $TEST_DIR/hook; exec sleep 100000');

test('TERM of the container cancels a pre_start hook that hangs', async () => {
  await using container = new Container({
    services: { a: `command: ${SERVICE}\nhooks: {pre_start: {command: ${HANGS}, timeout: 1h}}\n` },
    options: ['--shutdown-budget', '1h'],
  });
  await pidIn(container, 'hook');
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  assert.equal(container.read('log'), undefined);
});

test('TERM of the container gives a post_stop hook that hangs what the budget has, and no more', async () => {
  await using container = new Container({
    services: { a: `command: ${SERVICE}\nhooks: {post_stop: {command: ${HANGS}, timeout: 1h}}\n` },
    options: ['--shutdown-budget', '2s'],
  });
  await until('the service', () => container.read('log'));
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  assert.notEqual(container.read('hook'), undefined);
  assert.match(container.stdout.text, /hook post_stop failed: ended because the time for it was over/);
});
