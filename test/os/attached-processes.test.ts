// Processes that Bosun did not start, against the real /proc and real descriptors: what is found, what is told instead, that a signal reaches
// that process and no other, and what is known of its end.
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { after, describe, test } from 'node:test';
import type { ProcessQuery } from '../../supervisor/core/attachment.ts';
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import type { RunId, ServiceName } from '../../supervisor/core/names.ts';
import { type AttachedProcess, AttachedProcesses } from '../../supervisor/os/attached-processes.ts';
import { libc } from '../../supervisor/os/libc.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { processState } from '../support/container.ts';
import { until, within } from '../support/deadline.ts';
import { FaultyCalls } from '../support/faulty-calls.ts';
import { SYSTEM_CALL_ERRNOS } from './support/errnos.ts';

const SERVICE = 'backend' as ServiceName;
const directory = mkdtempSync(join(tmpdir(), 'bosun-attached-'));
const openDescriptors = (): number => readdirSync('/proc/self/fd').length;

after(() => {
  rmSync(directory, { recursive: true, force: true });
});

class Rig implements Disposable {
  readonly found = new Map<RunId, AttachedProcess>();
  readonly findings: string[] = [];
  readonly exits = new Map<RunId, ExitStatus>();
  readonly refused: string[] = [];
  readonly processes: AttachedProcesses;
  readonly #run: RunId[] = [];
  // A watched descriptor does not keep the loop of a test alive.
  readonly #alive = setInterval(() => undefined, 1 << 30);

  constructor(calls: SystemCalls = libc) {
    this.processes = new AttachedProcesses(calls, {
      looked: (_service, _run, finding) => this.findings.push(finding),
      attached: (_service, run, found) => this.found.set(run, found),
      exited: (_service, run, exit) => this.exits.set(run, exit),
      signalRefused: (_owner, _run, signal, errno) => this.refused.push(`${signal} ${errno}`),
    });
  }

  seek(query: Partial<ProcessQuery>): RunId {
    const run = (this.#run.length + 1) as RunId;
    this.#run.push(run);
    const nothing = { command: undefined, executable: undefined, pidFile: undefined, uid: undefined };
    this.processes.attach(SERVICE, run, { ...nothing, ...query });
    return run;
  }

  async find(query: Partial<ProcessQuery>): Promise<AttachedProcess & { readonly run: RunId }> {
    const run = this.seek(query);
    const found = await until(`a process; ${this.findings.at(-1) ?? ''}`, () => this.found.get(run));
    return { ...found, run };
  }

  async finding(pattern: RegExp): Promise<string> {
    return until(`a finding like ${String(pattern)}, not ${this.findings.join('; ')}`, () =>
      this.findings.find((finding) => pattern.test(finding)),
    );
  }

  exit(run: RunId): Promise<ExitStatus> {
    return until(`the end of run ${run}`, () => this.exits.get(run));
  }

  [Symbol.dispose](): void {
    for (const run of this.#run) this.processes.detach(run);
    clearInterval(this.#alive);
  }
}

/** Before that the kernel tells those who are not the parent nothing, and only a zombie is asked in time now and then. */
const TELLS_EXITS_SINCE = [6, 15] as const;

function assertExit(exit: ExitStatus, expected: ExitStatus): void {
  const [major = 0, minor = 0] = release().split('.').map(Number);
  const [since, sinceMinor] = TELLS_EXITS_SINCE;
  const isTold = major > since || (major === since && minor >= sinceMinor);
  if (isTold || exit.kind !== 'unknown') assert.deepEqual(exit, expected);
}

let count = 0;

/**
 * Somebody else's processes: they do not descend from this test, which stands for Bosun. `word` is in the arguments of nobody else; a
 * process is found by it with `exec -a WORD` in the script.
 */
class Strangers implements Disposable {
  readonly word = `stranger-${process.pid}-${++count}`;
  readonly pattern = `^${this.word}`;

  start(script: string, through: readonly string[] = []): void {
    const words = ['--fork', ...through, 'bash', '-c', script, 'sh', this.word];
    execFileSync('setsid', words, { stdio: 'ignore' });
  }

  get pids(): readonly number[] {
    const listed = execFileSync('ps', ['-eo', 'pid=,args=']).toString().split('\n');
    return listed.flatMap((line) => (line.includes(this.word) ? [Number.parseInt(line, 10)] : []));
  }

  async living(howMany: number): Promise<readonly number[]> {
    return until(`${howMany} of ${this.word}`, () => (this.pids.length === howMany ? this.pids : undefined));
  }

  [Symbol.dispose](): void {
    for (const pid of this.pids) process.kill(pid, 'SIGKILL');
  }
}

const SLEEP = 'exec -a "$1" sleep 100000';

describe('what is found', () => {
  test('by its arguments; its end is told with its code to who is no parent', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    strangers.start(`exec -a "$1" bash -c 'trap "exit 7" USR1; while :; do sleep 0.02; done'`);
    const { pid, run, others, degraded } = await rig.find({ command: strangers.pattern });
    assert.deepEqual([others, degraded], [[], []]);
    assert.match(readFileSync(`/proc/${pid}/cmdline`, 'latin1'), new RegExp(strangers.pattern));
    rig.processes.signal(run, 'SIGUSR1');
    assertExit(await rig.exit(run), { kind: 'code', code: 7 });
    assert.deepEqual(rig.processes.kept, []);
  });

  test('of a parent and its children the parent, which alone gets the signal', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    const worker = `exec -a "$0" sleep 100000`;
    strangers.start(`exec -a "$1" bash -c '(${worker}) & (${worker}) & wait; sleep 100000' "$1"`);
    const [oldest] = await strangers.living(3);
    const { pid, run, others } = await rig.find({ command: strangers.pattern });
    assert.deepEqual([pid, others], [oldest, []]);
    rig.processes.stop(run, 'SIGKILL');
    assertExit(await rig.exit(run), {
      kind: 'signal',
      signal: 'SIGKILL',
      number: 9,
      core: 'none',
      by: 'unknown',
    });
    assert.equal((await strangers.living(2)).length, 2, 'its children live');
  });

  test('of two strangers to each other the older one, and the other is named', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    strangers.start(SLEEP);
    const [older = 0] = await strangers.living(1);
    const first = startTimeOf(older);
    // Their age is known in hundredths of a second.
    await until(
      'a later tick',
      () => Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100 > first + 1,
    );
    strangers.start(SLEEP);
    const both = await strangers.living(2);
    const { pid, others } = await rig.find({ command: strangers.pattern });
    assert.equal(pid, older);
    assert.deepEqual(others, [{ pid: both.find((each) => each !== older), name: 'sleep' }]);
  });

  test('by the file that it executes, also when that has been replaced meanwhile', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    const executable = join(directory, 'a sleeper');
    copyFileSync('/bin/sleep', executable);
    strangers.start(`exec -a "$1" '${executable}' 100000`);
    const { pid } = await rig.find({ executable });
    rmSync(executable);
    assert.equal((await rig.find({ executable, command: strangers.pattern })).pid, pid);
  });

  test('by its user', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    strangers.start(SLEEP);
    strangers.start(SLEEP, ['setpriv', '--reuid', '65534', '--clear-groups']);
    await strangers.living(2);
    const { pid } = await rig.find({ command: strangers.pattern, uid: 65_534 });
    assert.match(readFileSync(`/proc/${pid}/status`, 'utf8'), /^Uid:\s+65534/m);
    rig.seek({ command: strangers.pattern, uid: 4242 });
    await rig.finding(/no process has arguments that match .* and runs as uid 4242/);
  });

  test('never what this process has started itself', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    const own = spawn('bash', ['-c', SLEEP, 'sh', strangers.word], { stdio: 'ignore' });
    await strangers.living(1);
    rig.seek({ command: strangers.pattern });
    await rig.finding(/only what Bosun has started itself has arguments/);
    own.kill();
    await once(own, 'close');
    assert.equal(rig.found.size, 0);
  });

  test('as soon as it is there: nothing at first, then it comes', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    const run = rig.seek({ command: strangers.pattern });
    await rig.finding(/^no process has arguments that match/);
    strangers.start(SLEEP);
    await until('it is found', () => rig.found.get(run));
  });
});

function startTimeOf(pid: number): number {
  const text = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[19]);
}

describe('a pid file', () => {
  const pidFile = (name: string, text: string): string => {
    const path = join(directory, name);
    writeFileSync(path, text);
    return path;
  };

  test('names the process, with whatever is around the number', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    strangers.start(SLEEP);
    const [pid] = await strangers.living(1);
    assert.equal((await rig.find({ pidFile: pidFile('right.pid', ` ${pid}\nmore\n`) })).pid, pid);
  });

  const dead = (): number => {
    const { pid } = spawnSync('true');
    return pid;
  };
  const WRONG: readonly (readonly [string, () => Partial<ProcessQuery>, RegExp])[] = [
    ['is missing', () => ({ pidFile: join(directory, 'none.pid') }), /none\.pid does not exist/],
    ['is a directory', () => ({ pidFile: directory }), /cannot be read: EISDIR/],
    ['holds nothing', () => ({ pidFile: pidFile('empty.pid', '') }), /empty\.pid holds no process id/],
    ['holds words', () => ({ pidFile: pidFile('words.pid', 'nginx\n') }), /holds no process id/],
    [
      'holds a number that is none',
      () => ({ pidFile: pidFile('big.pid', '99999999999') }),
      /holds no process id/,
    ],
    [
      'is of one that has ended',
      () => ({ pidFile: pidFile('dead.pid', `${dead()}`) }),
      /^pid \d+, which .*dead\.pid names, is not there$/,
    ],
    [
      'names another program',
      () => ({ pidFile: pidFile('parent.pid', `${process.ppid}`), executable: '/usr/sbin/nginx' }),
      /which .*parent\.pid names, is another one: it executes \//,
    ],
    [
      'names other arguments',
      () => ({ pidFile: pidFile('parent.pid', `${process.ppid}`), command: 'gunicorn: master' }),
      /is another one: its arguments do not match attach\.command/,
    ],
    [
      'names this process',
      () => ({ pidFile: pidFile('own.pid', `${process.pid}`) }),
      /is Bosun itself, or was started by it/,
    ],
  ];
  for (const [what, query, expected] of WRONG)
    test(`that ${what} is told`, async () => {
      using rig = new Rig();
      rig.seek(query());
      await rig.finding(expected);
      assert.equal(rig.found.size, 0);
    });

  test('that is a FIFO holds nothing up', async () => {
    using rig = new Rig();
    const path = join(directory, 'fifo.pid');
    execFileSync('mkfifo', [path]);
    rig.seek({ pidFile: path });
    await rig.finding(/fifo\.pid (holds no process id|cannot be read)/);
  });
});

describe('a signal and an end', () => {
  test('a stop reaches one that is stopped', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    strangers.start(SLEEP);
    const { pid, run } = await rig.find({ command: strangers.pattern });
    process.kill(pid, 'SIGSTOP');
    await until('it is stopped', () => processState(pid) === 'T');
    rig.processes.stop(run, 'SIGTERM');
    assert.equal((await rig.exit(run)).kind, 'signal');
  });

  test('whoever is let go of lives, and nothing is told of it any more; no descriptor is left', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    strangers.start(SLEEP);
    const before = openDescriptors();
    const { pid, run } = await rig.find({ command: strangers.pattern });
    assert.equal(openDescriptors(), before + 1);
    rig.processes.detach(run);
    rig.processes.signal(run, 'SIGKILL');
    rig.processes.stop(run, 'SIGKILL');
    assert.equal(openDescriptors(), before);
    const again = await rig.find({ command: strangers.pattern });
    assert.equal(again.pid, pid, 'it lives');
    process.kill(pid, 'SIGKILL');
    await rig.exit(again.run);
    assert.deepEqual([rig.exits.has(run), openDescriptors()], [false, before]);
  });

  test('its parent may take its time to wait for it', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    const parent = [
      'import os, subprocess, sys, time',
      'child = subprocess.Popen([sys.argv[1], "-c", "trap \\"exit 0\\" USR1; while :; do sleep 0.02; done"], executable="/bin/bash")',
      'os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)',
      'time.sleep(0.02)',
      'child.wait()',
    ].join('\n');
    // Only the child begins with the word.
    strangers.start(`exec python3 -c '${parent.replaceAll("'", '')}' "$1"`);
    const { run } = await rig.find({ command: strangers.pattern });
    rig.processes.signal(run, 'SIGUSR1');
    assertExit(await rig.exit(run), { kind: 'code', code: 0 });
  });

  test('one that its parent does not wait for has ended all the same', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    // The parent of both becomes a program that waits for nobody.
    strangers.start(
      `(exec -a "$1" bash -c 'trap "exit 5" USR1; while :; do sleep 0.02; done') & exec sleep 100000`,
    );
    const { pid, run } = await rig.find({ command: strangers.pattern });
    const parent = Number(/^PPid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
    rig.processes.signal(run, 'SIGUSR1');
    assert.deepEqual(await rig.exit(run), { kind: 'code', code: 5 });
    assert.equal(processState(pid), 'Z', 'and is a zombie still');
    process.kill(parent, 'SIGKILL');
  });

  test('a kernel that does not tell how it ended is not guessed at', async () => {
    using strangers = new Strangers();
    const faulty = new FaultyCalls(libc);
    using rig = new Rig(faulty.calls);
    strangers.start(`exec -a "$1" bash -c 'trap "exit 0" USR1; while :; do sleep 0.02; done'`);
    const { run } = await rig.find({ command: strangers.pattern });
    faulty.fail({ call: 'exitOfProcess', errno: 'ENOTTY' });
    rig.processes.signal(run, 'SIGUSR1');
    assert.deepEqual(await rig.exit(run), { kind: 'unknown' });
    assert.equal(faulty.counts('exitOfProcess').failed, 1, 'and is not asked again');
  });

  test('what is taken up by another process image is watched on', async () => {
    using strangers = new Strangers();
    using rig = new Rig();
    strangers.start(SLEEP);
    const { run } = await rig.find({ command: strangers.pattern });
    using next = new Rig();
    const [kept] = rig.processes.kept;
    assert.ok(kept !== undefined);
    const copy = libc.duplicate(kept.descriptor);
    assert.ok(copy.ok);
    next.processes.resume([{ ...kept, descriptor: copy.value }]);
    next.processes.stop(run, 'SIGTERM');
    assert.equal((await next.exit(run)).kind, 'signal');
    // And one whose descriptor has come to nothing is told as gone, in a later turn.
    next.exits.clear();
    next.processes.resume([{ ...kept, descriptor: 999_999 }]);
    assert.equal(next.exits.size, 0);
    assert.deepEqual(await next.exit(run), { kind: 'unknown' });
  });
});

describe('system calls that fail', () => {
  for (const call of ['openProcess', 'whenReadable'] as const)
    for (const errno of SYSTEM_CALL_ERRNOS[call].errnos)
      test(`${call}: ${errno} is told, and it is found as soon as that is over`, async () => {
        using strangers = new Strangers();
        const faulty = new FaultyCalls(libc);
        using rig = new Rig(faulty.calls);
        strangers.start(SLEEP);
        const before = openDescriptors();
        faulty.fail({ call, errno, times: 2 });
        const { pid } = await rig.find({ command: strangers.pattern });
        assert.equal(faulty.counts(call).failed, 2);
        await rig.finding(
          errno === 'ESRCH'
            ? new RegExp(`pid ${pid} has ended`)
            : new RegExp(`pid ${pid} .* cannot be watched: .*${errno}`),
        );
        assert.equal(openDescriptors(), before + 1, 'nothing is left of the attempts');
      });

  for (const errno of SYSTEM_CALL_ERRNOS.signalProcess.errnos)
    test(`signalProcess: ${errno}`, async () => {
      using strangers = new Strangers();
      const faulty = new FaultyCalls(libc);
      using rig = new Rig(faulty.calls);
      strangers.start(SLEEP);
      faulty.fail({ call: 'signalProcess', errno, times: 1 });
      const { run, degraded } = await rig.find({ command: strangers.pattern });
      if (errno === 'ESRCH') await rig.finding(/has ended just when it was found/);
      else assert.match(degraded.join(), new RegExp(`Bosun may send it no signals .*${errno}`));
      faulty.clear();
      faulty.fail({ call: 'signalProcess', errno });
      rig.processes.signal(run, 'SIGHUP');
      rig.processes.signal(run, 'SIGHUP');
      // Who is gone needs no signal; the rest is told once.
      assert.deepEqual(rig.refused, errno === 'ESRCH' ? [] : [`SIGHUP ${errno}`]);
    });

  for (const errno of SYSTEM_CALL_ERRNOS.exitOfProcess.errnos)
    test(`exitOfProcess: ${errno} leaves the end known, and perhaps not how`, async () => {
      using strangers = new Strangers();
      const faulty = new FaultyCalls(libc);
      using rig = new Rig(faulty.calls);
      strangers.start(SLEEP);
      const { run } = await rig.find({ command: strangers.pattern });
      faulty.fail({ call: 'exitOfProcess', errno });
      rig.processes.stop(run, 'SIGKILL');
      const exit = await rig.exit(run);
      assert.ok(exit.kind === 'unknown' || exit.kind === 'signal', JSON.stringify(exit));
    });
});

test('a pid that comes to another process is neither attached nor signalled', async () => {
  const fixture = join(import.meta.dirname, '../fixtures/attach-reused-pid.ts');
  const script = `'${process.execPath}' --disable-warning=ExperimentalWarning '${fixture}' & wait $!`;
  const child = spawn('unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', 'bash', '-c', script]);
  const said = text(child.stdout);
  const complained = text(child.stderr);
  const [code] = (await within('the fixture', once(child, 'close'), 30_000)) as [number | null];
  assert.deepEqual([code, await said], [0, 'not attached\nnot signalled\n'], await complained);
});
