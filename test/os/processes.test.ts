// Launcher, reaper and process groups with real processes.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Socket } from 'node:net';
import { after, test } from 'node:test';
import { libc } from '../../supervisor/os/libc.ts';
import { createToolRunner } from '../../supervisor/os/tool.ts';
import type { Launch } from '../../supervisor/os/launcher.ts';
import { OutputLines } from '../support/output-lines.ts';
import { service } from '../support/specs.ts';
import { Supervised } from '../support/supervised.ts';
import { until } from '../support/deadline.ts';

const directory = mkdtempSync(join(tmpdir(), 'bosun-os-'));
after(() => {
  rmSync(directory, { recursive: true });
});
const PATH = { PATH: '/usr/bin:/bin' };
const sh = (script: string, more: object = {}) =>
  service('s', { command: ['sh', '-c', script], environment: PATH, ...more });

function read(launch: Launch, stream: 'stdout' | 'stderr'): OutputLines {
  if (launch.kind === 'failed') throw new Error(launch.error.message);
  const fd = launch.pipes[stream];
  if (fd === undefined) throw new Error('not piped');
  return new OutputLines(new Socket({ fd, readable: true, writable: false }));
}

test('every exit status comes through, of code and of signal', async () => {
  using supervised = new Supervised();
  for (const code of [0, 1, 7, 255]) {
    const { run } = supervised.launch(sh(`exit ${code}`));
    assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code });
  }
  const { run } = supervised.launch(sh('kill -SEGV $$'));
  const { exit } = await supervised.exit(run);
  assert.equal(exit.kind === 'signal' && exit.signal, 'SIGSEGV');
});

test('500 runs that end at once: no exit is lost', async () => {
  using supervised = new Supervised();
  const runs = Array.from({ length: 500 }, (_, index) => supervised.launch(sh(`exit ${index % 200}`)).run);
  for (const [index, run] of runs.entries())
    assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: index % 200 });
});

const FAILURES: readonly (readonly [string, string, object])[] = [
  ['ENOENT', 'a program that is not in PATH', { command: ['no-such-program'] }],
  ['ENOENT', 'a path that does not exist', { command: ['/no/such/program'] }],
  ['EACCES', 'a file that is not executable', { command: ['/etc/passwd'] }],
  ['ENOENT', 'a working directory that does not exist', { workingDir: '/no/such/directory' }],
  ['E2BIG', 'arguments that are too long', { command: ['true', 'x'.repeat(3_000_000)] }],
];
for (const [errno, what, more] of FAILURES)
  test(`${errno} for ${what}, in words that say what to look at`, () => {
    using supervised = new Supervised();
    const { launch } = supervised.launch(sh('true', more));
    assert.equal(launch.kind === 'failed' && launch.error.code, errno);
    assert.match(
      launch.kind === 'failed' ? launch.error.message : '',
      new RegExp(`^cannot start .*: .* \\(${errno}\\)$`),
    );
  });

test('ENOEXEC for a script without a first line', () => {
  using supervised = new Supervised();
  const script = join(directory, 'no-shebang');
  writeFileSync(script, 'echo hi\n', { mode: 0o755 });
  const { launch } = supervised.launch(service('s', { command: [script], environment: PATH }));
  assert.equal(launch.kind === 'failed' && launch.error.code, 'ENOEXEC');
});

test('the program is looked up in the PATH of the service', async () => {
  using supervised = new Supervised();
  writeFileSync(join(directory, 'mine'), '#!/bin/sh\nexit 42\n', { mode: 0o755 });
  const { run } = supervised.launch(
    service('s', { command: ['mine'], environment: { PATH: `/nowhere:${directory}` } }),
  );
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 42 });
});

test('one spawn, however long PATH is before the directory that has the program', async () => {
  let spawns = 0;
  using supervised = new Supervised({
    ...libc,
    spawn: (request) => {
      spawns++;
      return libc.spawn(request);
    },
  });
  const environment = { PATH: '/nowhere:/no/where:/etc:/usr/bin:/bin' };
  const { run } = supervised.launch(service('s', { command: ['true'], environment }));
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 0 });
  assert.equal(spawns, 1);
});

test('a service can open /dev/stdout and /dev/stderr: they are pipes, not sockets', async () => {
  using supervised = new Supervised();
  const { launch } = supervised.launch(sh('echo out > /dev/stdout; echo err > /dev/stderr'));
  const stdout = read(launch, 'stdout');
  const stderr = read(launch, 'stderr');
  assert.equal(await stdout.line(/./), 'out');
  assert.equal(await stderr.line(/./), 'err');
});

test('a service gets default signals, an empty mask, a session of its own, and only its own descriptors', async () => {
  using supervised = new Supervised();
  const { launch } = supervised.launch(
    sh('cat /proc/self/status; echo fds $(ls /proc/self/fd); echo session $(cut -d" " -f6 /proc/$$/stat) $$'),
  );
  const stdout = read(launch, 'stdout');
  const [, session, pid] = (await stdout.line(/^session/)).split(' ');
  assert.equal(session, pid);
  assert.match(stdout.text, /^SigBlk:\t0+$/m);
  assert.match(stdout.text, /^SigIgn:\t0+$/m);
  // 0 to 2, and the one with which ls reads the directory.
  assert.match(stdout.text, /^fds 0 1 2 3$/m);
});

test('the environment is exactly the one given', async () => {
  using supervised = new Supervised();
  const { launch } = supervised.launch(
    service('s', { command: ['/usr/bin/env'], environment: { A: 'x=y', B: 'é' } }),
  );
  const stdout = read(launch, 'stdout');
  await stdout.line(/^B=/);
  assert.deepEqual(stdout.lines, ['A=x=y', 'B=é']);
});

test('a run is gone only when its group is: the leader first, then the rest', async () => {
  using supervised = new Supervised();
  const { run } = supervised.launch(sh('sleep 1000 & exit 3'));
  assert.deepEqual(await supervised.exit(run), { exit: { kind: 'code', code: 3 }, group: 'populated' });
  assert.ok(!supervised.gone.has(run));
  supervised.runs.signalGroup(run, 'SIGTERM');
  await supervised.groupGone(run);
});

test('a stopped process sees the signal: SIGCONT follows', async () => {
  using supervised = new Supervised();
  const { run, launch } = supervised.launch(sh("trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done"));
  const stdout = read(launch, 'stdout');
  await stdout.line(/up/);
  supervised.runs.signalGroupOnly(run, 'SIGSTOP');
  supervised.runs.signalGroup(run, 'SIGTERM');
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 9 });
});

test('orphans are reaped and counted, and a tool of libuv’s in between keeps its exit', async () => {
  using supervised = new Supervised();
  const tool = createToolRunner(libc, supervised.table);
  const tools = Array.from({ length: 20 }, (_, index) =>
    tool({
      command: ['sh', '-c', `echo ${index}; exit ${index}`],
      environment: PATH,
      workingDir: '/',
      timeoutMs: 10_000,
    }),
  );
  const storm = supervised.launch(
    sh('i=0; while [ $i -lt 500 ]; do (setsid true &); i=$((i+1)); done; exit 5'),
  );
  for (const [index, outcome] of (await Promise.all(tools)).entries())
    assert.deepEqual(outcome, { kind: 'exited', code: index, output: String(index) });
  assert.deepEqual((await supervised.exit(storm.run)).exit, { kind: 'code', code: 5 });
  await until('500 orphans', () => supervised.orphans === 500);
});

test('a tool that takes too long is killed with its whole group', async () => {
  using supervised = new Supervised();
  const tool = createToolRunner(libc, supervised.table);
  const pids = join(directory, 'pids');
  const script = `sleep 1000 & echo $! > ${pids}; echo begun; wait`;
  const outcome = await tool({
    command: ['sh', '-c', script],
    environment: PATH,
    workingDir: '/',
    timeoutMs: 300,
  });
  assert.deepEqual(outcome, { kind: 'timed-out', output: 'begun' });
  const pid = Number(readFileSync(pids, 'utf8'));
  await until('the child of the tool is gone', () => !libc.kill(pid, 0).ok);
});

test('a tool that cannot be started says why', async () => {
  using supervised = new Supervised();
  const tool = createToolRunner(libc, supervised.table);
  const request = { command: ['no-such-tool'], environment: PATH, workingDir: '/', timeoutMs: 1000 } as const;
  const outcome = await tool(request);
  assert.match(outcome.kind === 'not-started' ? outcome.reason : outcome.kind, /ENOENT/);
});

test('the end does not wait for a thread that is stuck in a system call', async () => {
  using supervised = new Supervised();
  const fifo = join(directory, 'fifo');
  const fixture = join(import.meta.dirname, '../fixtures/end-with-stuck-thread-pool.ts');
  const script = `mkfifo ${fifo} && exec ${process.execPath} ${fixture} ${fifo}`;
  const { run } = supervised.launch(sh(script));
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 3 });
});

test('a tool that is not wanted any more is not started', async () => {
  using supervised = new Supervised();
  const tool = createToolRunner(libc, supervised.table);
  const request = {
    command: ['sleep', '1000'],
    environment: PATH,
    workingDir: '/',
    timeoutMs: 10_000,
  } as const;
  assert.equal((await tool(request, AbortSignal.abort())).kind, 'not-started');
});
