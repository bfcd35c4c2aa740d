// Real processes behind the tools: the pid stays, the environment is the one given, and what can be known of the program is a spawn
// failure still. What takes root is in test/pid1/running-as.test.ts.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { type Execution, PLAIN_EXECUTION } from '../../supervisor/core/execution-spec.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import type { Launch } from '../../supervisor/os/launcher.ts';
import { libc } from '../../supervisor/os/libc.ts';
import type { SpawnRequest, SystemCalls } from '../../supervisor/os/system-calls.ts';
import { createToolRunner } from '../../supervisor/os/tool.ts';
import { OutputLines } from '../support/output-lines.ts';
import { service } from '../support/specs.ts';
import { Supervised } from '../support/supervised.ts';

const PATH = { PATH: '/usr/bin:/bin' };
/** Each of them without a privilege. */
const LIMITED: Partial<Execution> = {
  umask: 0o27,
  resourceLimits: [{ resource: 'nofile', soft: 64, hard: 128 }],
  newPrivileges: 'refused',
};

function behindTools(more: Partial<ServiceSpec>, execution: Partial<Execution> = LIMITED): ServiceSpec {
  const spec = { environment: PATH, execution: { ...PLAIN_EXECUTION, ...execution } };
  return service('s', { ...spec, ...more });
}

function read(launch: Launch, stream: 'stdout' | 'stderr'): OutputLines {
  if (launch.kind === 'failed') throw new Error(launch.error.message);
  return new OutputLines(new Socket({ fd: launch.pipes[stream] ?? -1, readable: true, writable: false }));
}

/** Calls that note what is spawned. */
function watched(spawned: SpawnRequest[]): SystemCalls {
  return {
    ...libc,
    spawn: (request) => {
      spawned.push(request);
      return libc.spawn(request);
    },
  };
}

test('a service that asks for nothing is spawned directly, as it is', async () => {
  const spawned: SpawnRequest[] = [];
  using supervised = new Supervised(watched(spawned));
  const environment = { ...PATH, LD_BIND_NOW: '1' };
  const { run } = supervised.launch(service('s', { command: ['true', 'x'], environment }));
  await supervised.exit(run);
  assert.deepEqual(
    spawned.map(({ path, argv, environment: given }) => ({ path, argv, given })),
    [{ path: '/usr/bin/true', argv: ['true', 'x'], given: environment }],
  );
});

test('one spawn, and the pid of the first tool is the pid of the program', async () => {
  const spawned: SpawnRequest[] = [];
  using supervised = new Supervised(watched(spawned));
  const script = 'echo pid $$; umask; ulimit -Sn; ulimit -Hn; grep NoNewPrivs /proc/self/status';
  const { launch } = supervised.launch(behindTools({ command: ['sh', '-c', script] }));
  const stdout = read(launch, 'stdout');
  await stdout.line(/NoNewPrivs/);
  const pid = launch.kind === 'launched' ? launch.pid : 0;
  assert.deepEqual(stdout.lines, [`pid ${pid}`, '0027', '64', '128', 'NoNewPrivs:\t1']);
  assert.equal(spawned.length, 1);
});

test('behind the tools the environment is exactly the one given, and so is the name of the program', async () => {
  using supervised = new Supervised();
  const environment = { ...PATH, A: 'x=y', LD_BIND_NOW: '1', EMPTY: '' };
  const { launch } = supervised.launch(behindTools({ command: ['env'], environment }));
  const stdout = read(launch, 'stdout');
  await stdout.line(/^LD_BIND_NOW/);
  assert.deepEqual(stdout.lines.toSorted(), ['A=x=y', 'EMPTY=', 'LD_BIND_NOW=1', 'PATH=/usr/bin:/bin']);
  const named = supervised.launch(
    behindTools({ command: ['sh', '-c', 'cat /proc/$$/cmdline | tr "\\0" " "; echo'] }),
  );
  assert.match(await read(named.launch, 'stdout').line(/./), /^sh -c /);
});

test('a library that is to be preloaded is preloaded into the program alone', async () => {
  using supervised = new Supervised();
  // The loader of each program that is told to preload it complains once.
  const environment = { ...PATH, LD_PRELOAD: '/no/such/library.so' };
  const { run, launch } = supervised.launch(behindTools({ command: ['true'], environment }));
  const stderr = read(launch, 'stderr');
  await supervised.exit(run);
  await stderr.line(/library/);
  assert.equal(stderr.lines.length, 1, stderr.text);
});

const FAILURES: readonly (readonly [string, string, Partial<ServiceSpec>])[] = [
  ['ENOENT', 'a program that is not in PATH', { command: ['no-such-program'] }],
  ['ENOENT', 'a path that does not exist', { command: ['/no/such/program'] }],
  [
    'ENOENT',
    'a relative path that does not exist in the working directory',
    { command: ['./x'], workingDir: '/etc' },
  ],
  ['EACCES', 'a file that is not executable', { command: ['/etc/passwd'] }],
  [
    'ENOENT',
    'a working directory that does not exist',
    { command: ['true'], workingDir: '/no/such/directory' },
  ],
];
for (const [errno, what, more] of FAILURES)
  test(`${errno} for ${what} is a spawn failure behind the tools too, and the tool runner says so`, async () => {
    using supervised = new Supervised();
    const spec = behindTools(more);
    const { launch } = supervised.launch(spec);
    assert.equal(launch.kind === 'failed' && launch.error.code, errno);
    const tool = createToolRunner(libc, supervised.table);
    const outcome = await tool({ ...spec, command: spec.command ?? ['true'], timeoutMs: 5000 });
    assert.match(outcome.kind === 'not-started' ? outcome.reason : outcome.kind, new RegExp(errno));
  });

test('a relative program is meant from the working directory of the service', async () => {
  const workingDir = mkdtempSync(join(tmpdir(), 'bosun-context-'));
  try {
    writeFileSync(join(workingDir, 'mine'), '#!/bin/sh\nexit 42\n', { mode: 0o755 });
    using supervised = new Supervised();
    const { run } = supervised.launch(behindTools({ command: ['./mine'], workingDir }));
    assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 42 });
  } finally {
    rmSync(workingDir, { recursive: true });
  }
});

test('a tool that is not installed is named with its package, and no process is started', () => {
  const spawned: SpawnRequest[] = [];
  const calls: SystemCalls = {
    ...watched(spawned),
    mayExecute: (path) =>
      path.endsWith('/prlimit') ? { ok: false, errno: 'ENOENT' } : libc.mayExecute(path),
  };
  using supervised = new Supervised(calls);
  const { launch } = supervised.launch(behindTools({ command: ['true'] }));
  assert.deepEqual(launch, {
    kind: 'failed',
    error: {
      code: 'ENOENT',
      message: 'cannot start true: the tool prlimit (package util-linux) is not installed (ENOENT)',
    },
  });
  assert.equal(spawned.length, 0);
});

test('what only a process can do to itself, and cannot, ends it with 126 and a line that says what', async () => {
  using supervised = new Supervised();
  // Nobody's score goes beyond 1000; the check of the configuration would refuse it.
  const { run, launch } = supervised.launch(behindTools({ command: ['true'] }, { oomScoreAdj: 2000 }));
  const stderr = read(launch, 'stderr');
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 126 });
  assert.equal(await stderr.line(/./), 'bosun: cannot set oom_score_adj to 2000');
});

test('what runs in the context of a service is limited as the service is', async () => {
  using supervised = new Supervised();
  const tool = createToolRunner(libc, supervised.table);
  const outcome = await tool({
    command: ['sh', '-c', 'umask; ulimit -Sn; grep NoNewPrivs /proc/self/status; pwd'],
    environment: PATH,
    workingDir: tmpdir(),
    timeoutMs: 10_000,
    execution: { ...PLAIN_EXECUTION, ...LIMITED },
  });
  assert.deepEqual(outcome, { kind: 'exited', code: 0, output: `0027\n64\nNoNewPrivs:\t1\n${tmpdir()}` });
});
