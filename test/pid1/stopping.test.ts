// How runs end under Bosun as the real PID 1: kill modes, the stop command, what belongs to a run and what has left it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Container } from '../support/container.ts';
import { eventsOf, reaches, statusOf } from '../support/ctl-events.ts';
import { until } from '../support/deadline.ts';
import { detailsOf, livesInside, pidIn, shell, typesOf } from '../support/inside.ts';

const LOOP = 'while :; do sleep 0.02; done';

/** A leader that ends at TERM and leaves a child that does not; both tell of the signal. */
const OBEYS = shell(
  `sh -c 'trap "echo term >> $TEST_DIR/child-got" TERM; echo $$ > $TEST_DIR/child; ${LOOP}' &
   trap 'exit 0' TERM; ${LOOP}`,
);

function stopsWith(killMode: string): Container {
  return new Container({
    services: { a: `command: ${OBEYS}\nstop: {kill_mode: ${killMode}, timeout: 500ms}\n` },
  });
}

test('kill mode group: the whole group gets the signal, and SIGKILL after the grace period', async () => {
  await using container = stopsWith('group');
  const child = await pidIn(container, 'child');
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.ok(!(await livesInside(container, child)));
  assert.match(container.read('child-got') ?? '', /term/);
  assert.deepEqual(await typesOf(container, 'a', 'stopping'), ['stopping', 'exited', 'killed', 'stopped']);
});

test('kill mode mixed: the leader alone gets the signal, the group SIGKILL', async () => {
  await using container = stopsWith('mixed');
  const child = await pidIn(container, 'child');
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.ok(!(await livesInside(container, child)));
  assert.equal(container.read('child-got'), undefined);
  assert.ok((await typesOf(container, 'a', 'stopping')).includes('killed'));
});

test('kill mode process: the leader alone is stopped; what it leaves is told by name and left alone', async () => {
  await using container = stopsWith('process');
  const child = await pidIn(container, 'child');
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.ok(await livesInside(container, child));
  assert.equal(container.read('child-got'), undefined);
  assert.deepEqual(await typesOf(container, 'a', 'stopping'), [
    'stopping',
    'exited',
    'stopped',
    'strays-found',
  ]);
  await container.stdout.line(new RegExp(`a has left processes behind: .*sh \\(pid ${child}\\)`));
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
});

test('kill mode mixed suits a parent that ends its children itself, as multiprocessing does', async () => {
  // The worker finishes its work when its parent asks for it; a TERM of ours would cut it short.
  const script = `sh -c 'trap "echo finished > $TEST_DIR/work; exit 0" USR1; echo $$ > $TEST_DIR/worker; ${LOOP}' &
    trap 'kill -USR1 $!; wait; exit 0' TERM; ${LOOP}`;
  await using container = new Container({
    services: { a: `command: ${shell(script)}\nstop: {kill_mode: mixed, timeout: 1h}\n` },
  });
  await pidIn(container, 'worker');
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.equal(container.read('work'), 'finished\n');
  assert.deepEqual(await typesOf(container, 'a', 'stopping'), ['stopping', 'exited', 'stopped']);
});

const INTERRUPTIBLE = shell(
  `setsid sleep 100000 & trap 'echo term > $TEST_DIR/got-term; exit 1' TERM; trap 'exit 0' INT; echo $$ > $TEST_DIR/up; ${LOOP}`,
);

test('a stop command takes the place of the signal; when the run has ended it has done its work', async () => {
  // It would wait for ever, but nobody waits for it.
  const command = shell('echo $$ > $TEST_DIR/stop-command; kill -INT $MAINPID; exec sleep 100000');
  await using container = new Container({
    services: { a: `command: ${INTERRUPTIBLE}\nstop: {command: ${command}, timeout: 1h}\n` },
  });
  await pidIn(container, 'up');
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.equal(container.read('got-term'), undefined);
  const command_ = await pidIn(container, 'stop-command');
  await until('the end of the stop command', async () => !(await livesInside(container, command_)));
  const types = await typesOf(container, 'a', 'stopping');
  assert.ok(!types.includes('killed'));
  assert.ok(types.includes('strays-found'), 'no signal was sent, and all the same its daemon is told');
});

test('a stop command that does not stop it: SIGKILL after the grace period, to the command too', async () => {
  const command = shell('echo $$ > $TEST_DIR/stop-command; exec sleep 100000');
  await using container = new Container({
    services: { a: `command: ${INTERRUPTIBLE}\nstop: {command: ${command}, timeout: 500ms}\n` },
  });
  const leader = await pidIn(container, 'up');
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.ok(!(await livesInside(container, leader)));
  assert.equal(container.read('got-term'), undefined);
  assert.ok((await typesOf(container, 'a', 'stopping')).includes('killed'));
  const hung = await pidIn(container, 'stop-command');
  await until('the end of the stop command', async () => !(await livesInside(container, hung)));
});

test('a stop command that is ended because the leader has gone is no failure; the rest of the group is killed in time', async () => {
  const leaves = shell(`sleep 100000 & trap 'exit 0' INT; echo $$ > $TEST_DIR/up; ${LOOP}`);
  const command = shell('kill -INT $MAINPID; exec sleep 100000');
  await using container = new Container({
    services: { a: `command: ${leaves}\nstop: {command: ${command}, timeout: 500ms}\n` },
  });
  await pidIn(container, 'up');
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.deepEqual(await detailsOf(container, 'hook-finished'), [
    { run: 1, hook: 'stop', outcome: { kind: 'done', detail: 'ended with the run' } },
  ]);
  assert.ok((await typesOf(container, 'a', 'stopping')).includes('killed'));
});

test('a stopped service ends at once', async () => {
  await using container = new Container({
    services: { a: `command: ${INTERRUPTIBLE}\nstop: {signal: SIGINT, timeout: 1h}\n` },
  });
  await pidIn(container, 'up');
  await reaches(container, 'a', 'running');
  await container.ctl('signal', 'SIGSTOP', 'a');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.deepEqual(await detailsOf(container, 'exited'), [{ run: 1, exit: { kind: 'code', code: 0 } }]);
});

test('a job in a process group of its own ends with its run, before the next one begins', async () => {
  // What a run finds of the one before it tells; the job ends only when it is signalled.
  const script = `kill -0 $(cat $TEST_DIR/job 2> /dev/null) 2> /dev/null && echo overlap >> $TEST_DIR/runs
    echo run >> $TEST_DIR/runs; set -m; sleep 100000 & echo $! > $TEST_DIR/job; wait`;
  await using container = new Container({
    services: { a: `command: ${shell(script, 'bash')}\nrestart: {delay: 0}\nstop: {timeout: 1h}\n` },
  });
  const first = await pidIn(container, 'job');
  await reaches(container, 'a', 'running');
  await container.ctl('signal', 'SIGKILL', 'a');
  await until('the second run', () => container.read('runs') === 'run\nrun\n');
  assert.ok(!(await livesInside(container, first)));
  const second = await until('its job', () => {
    const pid = Number(container.read('job'));
    return pid !== first && pid > 0 && pid;
  });
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.ok(!(await livesInside(container, second)));
  assert.equal(container.read('runs'), 'run\nrun\n');
});

test('a daemon that left the session is told by name, once; at the end whoever still lives is told and ended', async () => {
  const script = `setsid sh -c 'echo $$ > $TEST_DIR/daemon; exec sleep 100000' & exec tail -f /dev/null`;
  await using container = new Container({ services: { a: `command: ${shell(script)}\n` } });
  const daemon = await pidIn(container, 'daemon');
  await reaches(container, 'a', 'running');
  assert.equal((await container.ctl('stop', 'a')).code, 0);
  assert.equal((await statusOf(container, 'a'))?.state, 'stopped');
  const stray = { pid: daemon, name: 'sleep' };
  assert.deepEqual(await detailsOf(container, 'strays-found'), [{ run: 1, strays: [stray] }]);
  assert.ok(await livesInside(container, daemon));
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  assert.match(container.stdout.text, new RegExp(`a has left processes behind: sleep \\(pid ${daemon}\\)`));
  assert.match(container.stdout.text, new RegExp(`still running at the end: sleep \\(pid ${daemon}\\)`));
});

test('nothing is told where everything has ended', async () => {
  await using container = new Container({ services: { a: 'command: [sleep, "100000"]\n' } });
  await reaches(container, 'a', 'running');
  await container.ctl('restart', 'a');
  const types = (await eventsOf(container)).map((event) => event.type);
  assert.ok(!types.includes('strays-found'));
  await container.signal('SIGTERM');
  assert.equal((await container.end()).code, 0);
  assert.doesNotMatch(container.stdout.text, /still running at the end|left processes/);
});
