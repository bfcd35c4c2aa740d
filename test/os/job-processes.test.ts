// The processes of jobs, their pipes and pseudo-terminals, with the real kernel: what a job is given, and what a launch that fails leaves.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { ReadStream } from 'node:tty';
import { join } from 'node:path';
import { test } from 'node:test';
import { PLAIN_EXECUTION } from '../../supervisor/core/execution-spec.ts';
import type { JobSpec } from '../../supervisor/core/job-spec.ts';
import type { JobStream } from '../../supervisor/core/plane-message.ts';
import type { JobLaunch } from '../../supervisor/os/job-launcher.ts';
import { libc } from '../../supervisor/os/libc.ts';
import { CgroupServiceGroups } from '../../supervisor/os/service-groups.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { until } from '../support/deadline.ts';
import { FaultyCalls } from '../support/faulty-calls.ts';
import { OutputLines } from '../support/output-lines.ts';
import { PlainCgroup } from '../support/plain-cgroup.ts';
import { job } from '../support/specs.ts';
import { Supervised } from '../support/supervised.ts';
import { SYSTEM_CALL_ERRNOS } from './support/errnos.ts';

const TERMINAL = { kind: 'terminal', columns: 77, rows: 33 } as const;
const terminals = (): readonly string[] => readdirSync('/dev/pts');
const descriptors = (): readonly string[] => readdirSync('/proc/self/fd');

function end(launch: JobLaunch, stream: JobStream): number {
  if (launch.kind === 'failed') throw new Error(launch.error.message);
  const found = launch.ends.find((each) => each.stream === stream);
  if (found === undefined) throw new Error(`no ${stream}`);
  return found.fd;
}

function read(launch: JobLaunch, stream: 'stdout' | 'stderr'): OutputLines {
  return new OutputLines(new Socket({ fd: end(launch, stream), readable: true, writable: false }));
}

/** What is on a terminal; its end is an EIO, when nobody holds the other side any more. */
function screen(launch: JobLaunch): OutputLines & { readonly closed: () => boolean } {
  let closed = false;
  const stream = new ReadStream(end(launch, 'terminal'));
  stream.on('error', () => {
    closed = true;
  });
  return Object.assign(new OutputLines(stream), { closed: () => closed });
}

test('input none: nothing to read, two pipes, a session of its own, and no other descriptor', async () => {
  using supervised = new Supervised();
  const { run, launch } = supervised.launchJob(
    job('cat; echo out; echo err >&2; echo fds $(ls /proc/self/fd); echo $(cut -d" " -f6 /proc/$$/stat) $$'),
  );
  const stdout = read(launch, 'stdout');
  const [session, pid] = (await stdout.line(/^\d+ \d+$/)).split(' ');
  assert.equal(session, pid);
  assert.deepEqual(stdout.lines.slice(0, 2), ['out', 'fds 0 1 2 3']);
  assert.equal(await read(launch, 'stderr').line(/./), 'err');
  assert.deepEqual(launch.kind === 'launched' && launch.ends.map(({ stream }) => stream), [
    'stdout',
    'stderr',
  ]);
  assert.deepEqual(await supervised.exit(run), { exit: { kind: 'code', code: 0 }, group: 'empty' });
});

test('input stream: what is written is read, and the end comes when the last copy of our end is closed', async () => {
  using supervised = new Supervised();
  const { run, launch } = supervised.launchJob(job('cat; echo that was all', { input: { kind: 'stream' } }));
  const stdout = read(launch, 'stdout');
  read(launch, 'stderr');
  const stdin = end(launch, 'stdin');
  const lent = libc.duplicate(stdin);
  writeSync(stdin, 'one\n');
  await stdout.line(/one/);
  libc.close(stdin);
  assert.ok(lent.ok);
  writeSync(lent.value, 'two\n');
  await stdout.line(/two/);
  assert.ok(!supervised.exits.has(run));
  libc.close(lent.value);
  await stdout.line(/that was all/);
  await supervised.exit(run);
});

test('a terminal: it controls the session, has the size that was asked for, and tells of another', async () => {
  using supervised = new Supervised();
  const script =
    'trap "stty size; exit 5" WINCH; tty; stty size; echo $(cut -d" " -f6,7,8 /proc/$$/stat) $$; while :; do sleep 0.02; done';
  const { run, launch } = supervised.launchJob(job(script, { input: TERMINAL }));
  const lines = screen(launch);
  const [session, terminal, foreground, pid] = (await lines.line(/^\d+ \d+ \d+ \d+\r$/)).trim().split(' ');
  assert.deepEqual([session, foreground], [pid, pid]);
  assert.notEqual(terminal, '0');
  assert.match(lines.lines[0] ?? '', /^\/dev\/pts\/\d+\r$/);
  assert.equal(lines.lines[1], '33 77\r');
  assert.ok(libc.resizeTerminal(end(launch, 'terminal'), 100, 50).ok);
  await lines.line(/^50 100\r$/);
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 5 });
  await until('the end of what is on the terminal', lines.closed);
});

test('an interactive shell on a terminal: Ctrl-C interrupts what is in the foreground, and the shell goes on', async () => {
  using supervised = new Supervised();
  const { run, launch } = supervised.launchJob(
    job('', {
      command: ['bash', '--norc', '--noediting', '-i'],
      environment: { PATH: '/usr/bin:/bin', PS1: 'prompt\\n' },
      input: TERMINAL,
    }),
  );
  const lines = screen(launch);
  const type = (text: string): number => writeSync(end(launch, 'terminal'), text);
  const prompts = async (count: number): Promise<void> => {
    await until(
      `prompt ${count}`,
      () => lines.lines.filter((line) => line.endsWith('prompt\r')).length >= count,
    );
  };
  await prompts(1);
  // Who says it is in the foreground by then.
  type(`sh -c 'echo u""p; exec sleep 1000'\n`);
  await lines.line(/^up\r$/);
  type('\x03');
  await prompts(2);
  // What is typed is shown too: only the answer has the sum.
  type('echo ended by $((100 + $?))\n');
  await lines.line(/^ended by 230/);
  await prompts(3);
  type('exit 7\n');
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 7 });
});

test('of a terminal whose other end cannot be had nothing stays open', () => {
  const limit = /^Max open files +(\S+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '';
  const setLimit = (soft: string): void => {
    execFileSync('prlimit', [`--pid=${process.pid}`, `--nofile=${soft}:`]);
  };
  setLimit('200');
  const filling: number[] = [];
  try {
    for (let copy = libc.duplicate(0); copy.ok; copy = libc.duplicate(0)) filling.push(copy.value);
    // Room for one.
    libc.close(filling.pop() ?? -1);
    for (let count = 0; count < 3; count++) {
      const opened = libc.openTerminal({ columns: 80, rows: 24 });
      assert.equal(!opened.ok && opened.errno, 'EMFILE');
    }
    const again = libc.duplicate(0);
    assert.ok(again.ok, 'the room is there still');
    filling.push(again.value);
  } finally {
    for (const fd of filling) libc.close(fd);
    setLimit(limit);
  }
});

test('no terminal stays behind', async () => {
  using supervised = new Supervised();
  const before = terminals();
  const { run, launch } = supervised.launchJob(job('true', { input: TERMINAL }));
  const lines = screen(launch);
  await supervised.exit(run);
  await until('the end of the terminal', lines.closed);
  await until('that it is gone', () => terminals().length === before.length);
});

test('a session leader without a terminal, as PID 1 is, does not get the one that it opens for a job', () => {
  const open = `
    import { readFileSync } from 'node:fs';
    const { libc } = await import(${JSON.stringify(new URL('../../supervisor/os/libc.ts', import.meta.url).href)});
    const opened = libc.openTerminal({ columns: 80, rows: 24 });
    const stat = readFileSync('/proc/self/stat', 'utf8').split(') ')[1].split(' ');
    console.log(JSON.stringify({ opened: opened.ok, isLeader: Number(stat[3]) === process.pid, terminal: stat[4] }));`;
  const [program, ...args] = [
    'setsid',
    '--wait',
    process.execPath,
    '--disable-warning=ExperimentalWarning',
    '--input-type=module',
    '-e',
    open,
  ] as const;
  const told = execFileSync(program, args, { encoding: 'utf8' });
  assert.deepEqual(JSON.parse(told), { opened: true, isLeader: true, terminal: '0' });
});

test(
  'the streams belong to the user of the job, who can open them again by name',
  { skip: notRoot() },
  async () => {
    using supervised = new Supervised();
    const identity = { uid: 65_534, gid: 65_534, groups: [] };
    const more = { execution: { ...PLAIN_EXECUTION, identity } };
    const piped = supervised.launchJob(
      job('id -u; echo out >/dev/stdout; echo err >/dev/stderr; cat /dev/stdin', {
        ...more,
        input: { kind: 'stream' },
      }),
    );
    const stdout = read(piped.launch, 'stdout');
    const stdin = end(piped.launch, 'stdin');
    writeSync(stdin, 'in\n');
    libc.close(stdin);
    assert.equal(await read(piped.launch, 'stderr').line(/./), 'err');
    await stdout.line(/^in$/);
    assert.deepEqual(stdout.lines, ['65534', 'out', 'in']);
    const { launch } = supervised.launchJob(
      job('id -u >$(tty); echo hi >/dev/tty', { ...more, input: TERMINAL }),
    );
    const lines = screen(launch);
    await lines.line(/^hi/);
    assert.equal(lines.lines[0], '65534\r');
  },
);

function notRoot(): string | false {
  return process.getuid?.() === 0 ? false : 'only root may run something as somebody else';
}

const FAILURES: readonly (readonly [string, string, Partial<JobSpec>])[] = [
  ['ENOENT', 'a program that is not in its PATH', { command: ['no-such-program'] }],
  ['ENOENT', 'a path that does not exist', { command: ['/no/such/program'] }],
  ['EACCES', 'a file that is not executable', { command: ['/etc/passwd'] }],
  ['ENOENT', 'a working directory that does not exist', { workingDir: '/no/such/directory' }],
  ['E2BIG', 'arguments that are too long', { command: ['true', 'x'.repeat(3_000_000)] }],
  ['EINVAL', 'a NUL in an argument', { command: ['true', 'a\0b'] }],
  ['EINVAL', 'a NUL in the environment', { environment: { PATH: '/bin', A: '\0' } }],
];
for (const [errno, what, more] of FAILURES)
  for (const input of [{ kind: 'stream' } as const, TERMINAL])
    test(`${errno} for ${what}, with input ${input.kind}: told in words, and nothing is left`, () => {
      using supervised = new Supervised();
      supervised.launchJob(job('', { ...more, input }));
      const before = { descriptors: descriptors(), terminals: terminals() };
      const { launch } = supervised.launchJob(job('', { ...more, input }));
      assert.equal(launch.kind === 'failed' && launch.error.code, errno);
      assert.match(
        launch.kind === 'failed' ? launch.error.message : '',
        new RegExp(`^cannot start .*: .* \\(${errno}\\)$`),
      );
      assert.deepEqual({ descriptors: descriptors(), terminals: terminals() }, before);
    });

test('the program is looked up in the PATH of the job', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bosun-job-'));
  try {
    using supervised = new Supervised();
    writeFileSync(join(directory, 'mine'), '#!/bin/sh\nexit 42\n', { mode: 0o755 });
    const environment = { PATH: `/nowhere:${directory}` };
    const { run } = supervised.launchJob(job('', { command: ['mine'], environment }));
    assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 42 });
  } finally {
    rmSync(directory, { recursive: true });
  }
});

for (const errno of SYSTEM_CALL_ERRNOS.openTerminal.errnos)
  test(`${errno} of ${SYSTEM_CALL_ERRNOS.openTerminal.man}: the job does not start, and says that it is the terminal`, () => {
    const faulty = new FaultyCalls<SystemCalls>(libc);
    using supervised = new Supervised(faulty.calls);
    faulty.fail({ call: 'openTerminal', errno });
    const { launch } = supervised.launchJob(job('true', { input: TERMINAL }));
    const message = launch.kind === 'failed' ? launch.error.message : '';
    assert.match(message, new RegExp(`^cannot start sh: cannot open a terminal: .* \\(${errno}\\)$`));
    if (errno === 'ENOENT') assert.match(message, /\/dev\/ptmx/);
  });

for (const after of [0, 1, 2])
  test(`EMFILE of pipe ${after + 1} of three: the job does not start, and the others are closed`, () => {
    const faulty = new FaultyCalls<SystemCalls>(libc);
    using supervised = new Supervised(faulty.calls);
    const before = descriptors();
    faulty.fail({ call: 'pipe', errno: 'EMFILE', after, times: 1 });
    const { launch } = supervised.launchJob(job('true', { input: { kind: 'stream' } }));
    const message = launch.kind === 'failed' ? launch.error.message : '';
    assert.equal(
      message,
      'cannot start sh: cannot make a pipe: the limit of open files is reached (RLIMIT_NOFILE of Bosun) (EMFILE)',
    );
    assert.deepEqual(descriptors(), before);
  });

test(
  'a stream that cannot be given to the user of the job is told, and the job runs',
  { skip: notRoot() },
  async () => {
    const faulty = new FaultyCalls<SystemCalls>(libc);
    using supervised = new Supervised(faulty.calls);
    faulty.fail({ call: 'giveTo', errno: 'EPERM' });
    const execution = { ...PLAIN_EXECUTION, identity: { uid: 65_534, gid: 65_534, groups: [] } };
    const { run, launch } = supervised.launchJob(job('true', { execution, input: TERMINAL }));
    assert.deepEqual(launch.kind === 'launched' && launch.degraded, [
      'it cannot open its own terminal by name (fchown(2): EPERM)',
    ]);
    screen(launch);
    assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 0 });
  },
);

test('resource control: a group of its own, which no service can have, is made and goes with the job', () => {
  using cgroup = new PlainCgroup(['memory'], [1]);
  const asked: string[] = [];
  const groups = new CgroupServiceGroups(cgroup.files, 'pid1');
  const watched: typeof groups.open = (name, wanted) => {
    asked.push(name);
    return groups.open(name, wanted);
  };
  using supervised = new Supervised(undefined, { open: watched });
  const resourceControl = {
    memoryMaxBytes: 1 << 20,
    cpus: undefined,
    pidsMax: undefined,
    ioWeight: undefined,
  };
  const { launch } = supervised.launchJob(job('', { command: ['no-such-program'], resourceControl }));
  assert.equal(launch.kind, 'failed');
  assert.deepEqual(asked, ['_job-1']);
  assert.ok(cgroup.has('/sys/fs/cgroup/bosun/_self') && !cgroup.has('/sys/fs/cgroup/bosun/_job-1'));
});

test('the whole group is signalled, whatever process groups it has made, and it is gone only with the last', async () => {
  using supervised = new Supervised();
  const script = 'set -m; sleep 1000 & (trap "" TERM; echo stubborn; while :; do sleep 0.02; done) & wait';
  const { run, launch } = supervised.launchJob(job(script, { command: ['bash', '-c', script] }));
  read(launch, 'stderr');
  await read(launch, 'stdout').line(/stubborn/);
  supervised.runs.signalGroup(run, 'SIGTERM');
  assert.equal((await supervised.exit(run)).group, 'populated');
  assert.ok(!supervised.gone.has(run));
  supervised.runs.signalGroup(run, 'SIGKILL');
  await supervised.groupGone(run);
});

test('nobody else may read what is on the terminal of a job', async () => {
  using supervised = new Supervised();
  const { run, launch } = supervised.launchJob(job('tty; read line', { input: TERMINAL }));
  const path = (await screen(launch).line(/^\/dev/)).trim();
  assert.equal(statSync(path).mode & 0o057, 0);
  writeSync(end(launch, 'terminal'), '\n');
  await supervised.exit(run);
});
