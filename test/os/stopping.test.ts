// Who belongs to a run and who has left it, with real processes: further process groups, daemons, a leader that names another.
import assert from 'node:assert/strict';
import { Socket } from 'node:net';
import { test } from 'node:test';
import type { Pid, RunId } from '../../supervisor/core/names.ts';
import type { KillMode } from '../../supervisor/core/service-spec.ts';
import { libc } from '../../supervisor/os/libc.ts';
import { ProcessTable } from '../../supervisor/os/process-table.ts';
import { lookAgain, statOf, type ProcessIdentity } from '../../supervisor/os/procfs.ts';
import { createToolRunner } from '../../supervisor/os/tool.ts';
import { processState } from '../support/container.ts';
import { until } from '../support/deadline.ts';
import { OutputLines } from '../support/output-lines.ts';
import { service } from '../support/specs.ts';
import { Supervised } from '../support/supervised.ts';

const PATH = { PATH: '/usr/bin:/bin' };

/** Ends with this code at TERM, and forks nothing that could outlive it for long. */
const ends = (code: number): string => `trap 'exit ${code}' TERM; echo up; while :; do sleep 0.01; done`;

type Launched = { readonly run: RunId; readonly pid: Pid; readonly output: OutputLines };

/** Nothing outlives a test that has failed. */
class Rig extends Supervised {
  readonly #known: ProcessIdentity[] = [];
  readonly #sockets: Socket[] = [];

  start(script: string, killMode: KillMode = 'group'): Launched {
    const stop = { signal: 'SIGTERM', timeoutMs: 1000, killMode, command: undefined } as const;
    // bash, because job control without a terminal is not in every sh.
    const command = ['bash', '-c', script] as const;
    const { run, launch } = this.launch(service('s', { command, environment: PATH, stop }));
    if (launch.kind === 'failed') throw new Error(launch.error.message);
    this.note(launch.pid);
    // bash tells on stderr of jobs that were killed.
    this.#read(launch.pipes.stderr).resume();
    return { run, pid: launch.pid, output: new OutputLines(this.#read(launch.pipes.stdout)) };
  }

  /** From a line such as `child 123`. */
  async pidAfter(word: string, { output }: Launched): Promise<Pid> {
    const line = await output.line(new RegExp(`^${word} \\d+$`));
    return this.note(Number(line.split(' ')[1]) as Pid);
  }

  note(pid: Pid): Pid {
    const stat = statOf(pid);
    if (stat !== undefined) this.#known.push(stat);
    return pid;
  }

  override [Symbol.dispose](): void {
    for (const identity of this.#known) if (lookAgain(identity) !== undefined) killNow(identity.pid);
    for (const socket of this.#sockets) socket.destroy();
    super[Symbol.dispose]();
  }

  #read(fd = -1): Socket {
    const socket = new Socket({ fd, readable: true, writable: false });
    this.#sockets.push(socket);
    return socket;
  }
}

function sessionOf(pid: Pid): Pid | undefined {
  const session = libc.sessionOf(pid);
  return session.ok ? session.value : undefined;
}

function lives(pid: Pid): boolean {
  return statOf(pid)?.state === 'alive';
}

async function ended(pid: Pid): Promise<void> {
  await until(`the end of process ${pid}`, () => !lives(pid));
}

/** Without a turn of the event loop in between. */
function atOnce(what: string, look: () => boolean): void {
  const endMs = performance.now() + 5000;
  while (!look()) if (performance.now() > endMs) throw new Error(`${what}: not within 5 s`);
}

function killNow(...pids: readonly Pid[]): void {
  for (const pid of pids) libc.kill(pid, 9);
}

test('a further process group of the same session belongs to the run: awaited, signalled, and continued', async () => {
  using supervised = new Rig();
  const launched = supervised.start(
    "set -m; sleep 1000 & echo job $!; trap 'exit 3' USR1; while :; do sleep 0.01; done",
  );
  const { run, pid } = launched;
  const job = await supervised.pidAfter('job', launched);
  assert.notDeepEqual(libc.groupOf(job), libc.groupOf(pid));
  libc.kill(pid, 10);
  assert.deepEqual(await supervised.exit(run), { exit: { kind: 'code', code: 3 }, group: 'populated' });
  // Whatever the shell had in its first group is gone; the job alone holds the run.
  await until('the end of the first group', () => !libc.kill(0 - pid, 0).ok);
  assert.ok(!supervised.gone.has(run) && lives(job));
  libc.kill(job, 19);
  supervised.runs.signalGroup(run, 'SIGTERM');
  await supervised.groupGone(run);
  assert.ok(!lives(job));
  assert.equal(supervised.strays.get(run), undefined);
});

test('SIGKILL reaches every group of the session', async () => {
  using supervised = new Rig();
  const launched = supervised.start("set -m; (trap '' TERM; sleep 1000) & echo job $!; wait");
  const job = await supervised.pidAfter('job', launched);
  supervised.runs.signalGroup(launched.run, 'SIGKILL');
  await supervised.groupGone(launched.run);
  assert.ok(!lives(job));
});

test('what is forked between the look and SIGKILL is killed at the next look', async () => {
  let hidden = 0;
  let job = 0 as Pid;
  // The first listing does not show the job, as if it had been forked just after.
  using supervised = new Rig({
    ...libc,
    sessionOf: (pid) => (pid === job && hidden++ === 0 ? { ok: false, errno: 'ESRCH' } : libc.sessionOf(pid)),
  });
  const launched = supervised.start('set -m; sleep 1000 & echo job $!; wait');
  job = await supervised.pidAfter('job', launched);
  supervised.runs.signalGroup(launched.run, 'SIGKILL');
  await supervised.groupGone(launched.run);
  assert.ok(hidden > 0 && !lives(job));
});

test('a stopped leader ends at once when it alone is stopped', async () => {
  using supervised = new Rig();
  const { run, pid, output } = supervised.start(ends(9));
  await output.line(/up/);
  libc.kill(pid, 19);
  supervised.runs.stopLeader(run, 'SIGTERM');
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 9 });
});

test('a daemon that left the session is told by name, once, and left alone', async () => {
  using supervised = new Rig();
  const launched = supervised.start('setsid sleep 1000 & echo stray $!; exec sleep 2000');
  const stray = await supervised.pidAfter('stray', launched);
  await until('setsid', () => sessionOf(stray) === stray && statOf(stray)?.name === 'sleep');
  supervised.runs.signalGroup(launched.run, 'SIGTERM');
  supervised.runs.signalGroup(launched.run, 'SIGKILL');
  await supervised.groupGone(launched.run);
  assert.deepEqual(supervised.strays.get(launched.run), [[{ pid: stray, name: 'sleep' }]]);
  assert.ok(lives(stray));
  killNow(stray);
  await ended(stray);
});

test('a daemon that has ended by the time the run is gone is not told', async () => {
  using supervised = new Rig();
  const launched = supervised.start(`setsid sleep 1000 & echo stray $!; ${ends(0)}`);
  const stray = await supervised.pidAfter('stray', launched);
  await launched.output.line(/up/);
  await until('setsid', () => sessionOf(stray) === stray);
  supervised.runs.noteStrays(launched.run);
  killNow(stray);
  await ended(stray);
  supervised.runs.signalGroup(launched.run, 'SIGTERM');
  await supervised.groupGone(launched.run);
  assert.equal(supervised.strays.get(launched.run), undefined);
});

test('kill mode process: the run is gone with its leader; what it leaves is told by name and left alone', async () => {
  using supervised = new Rig();
  const launched = supervised.start(
    'sleep 1000 & echo child $!; set -m; sleep 2000 & echo job $!; sleep 10; wait',
    'process',
  );
  const child = await supervised.pidAfter('child', launched);
  const job = await supervised.pidAfter('job', launched);
  await until('both', () => statOf(child)?.name === 'sleep' && statOf(job)?.name === 'sleep');
  supervised.runs.stopLeader(launched.run, 'SIGKILL');
  await supervised.exit(launched.run);
  const told = await until('the strays', () => supervised.strays.get(launched.run));
  assert.equal(told.length, 1);
  const pids = told.flat().map((stray) => stray.pid);
  assert.deepEqual(pids, [...new Set(pids)], 'each once');
  for (const pid of [child, job]) {
    assert.ok(told[0]?.some((stray) => stray.pid === pid && stray.name === 'sleep'));
    assert.ok(lives(pid));
  }
  killNow(...(told[0] ?? []).map((stray) => stray.pid));
  await ended(child);
  await ended(job);
});

test('after SIGKILL a dead member that a daemon does not wait for does not hold the run', async () => {
  using supervised = new Rig();
  // The subshell becomes a daemon that never waits for its child, which is a member of the group.
  const launched = supervised.start(
    '(sleep 1000 & echo member $!; exec setsid sleep 2000) & echo daemon $!; wait',
  );
  const member = await supervised.pidAfter('member', launched);
  const daemon = await supervised.pidAfter('daemon', launched);
  await until('setsid', () => sessionOf(daemon) === daemon && statOf(daemon)?.name === 'sleep');
  supervised.runs.signalGroup(launched.run, 'SIGKILL');
  await supervised.groupGone(launched.run);
  assert.equal(statOf(member)?.state, 'dead', 'nobody has waited for it');
  assert.deepEqual(supervised.strays.get(launched.run)?.flat(), [{ pid: daemon, name: 'sleep' }]);
  killNow(daemon);
  await ended(daemon);
});

test('when the number of the leader is somebody else’s, nothing of the run is left, and nothing is sent', async () => {
  let original = 0 as Pid;
  let sent = 0;
  // As if another process had got the number, and had begun a group.
  using supervised = new Rig({
    ...libc,
    kill: (pid, signal) => {
      if (signal === 0 && pid === original && original > 0) return { ok: true, value: undefined };
      if (signal !== 0) sent++;
      return libc.kill(pid, signal);
    },
  });
  const launched = supervised.start('sleep 1000 & echo child $!; exit 3');
  original = launched.pid;
  await supervised.pidAfter('child', launched);
  assert.deepEqual(await supervised.exit(launched.run), { exit: { kind: 'code', code: 3 }, group: 'empty' });
  supervised.runs.signalGroup(launched.run, 'SIGTERM');
  assert.equal(sent, 0);
});

const WITH_WORKER = (worker: string): string =>
  `${worker} & echo worker $!; trap 'exit 3' USR1; echo original; while :; do sleep 0.01; done`;

test('a followed leader: the exit of the original is not the end, its own is', async () => {
  using supervised = new Rig();
  const launched = supervised.start(WITH_WORKER(`bash -c "${ends(7)}"`));
  const { run, pid } = launched;
  const worker = await supervised.pidAfter('worker', launched);
  await launched.output.line(/original/);
  await launched.output.line(/up/);
  supervised.runs.followLeader(run, worker);
  libc.kill(pid, 10);
  await until('the original has been waited for', () => statOf(pid) === undefined);
  assert.equal(supervised.exits.get(run), undefined);
  supervised.runs.signalLeader(run, 'SIGTERM');
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 7 });
  supervised.runs.signalGroup(run, 'SIGKILL');
  await supervised.groupGone(run);
});

test('a followed leader that ended before the original one, in the same moment: no exit is lost', async () => {
  using supervised = new Rig();
  const launched = supervised.start(WITH_WORKER(`bash -c "${ends(7)}"`));
  const { run, pid } = launched;
  const worker = await supervised.pidAfter('worker', launched);
  await launched.output.line(/original/);
  await launched.output.line(/up/);
  supervised.runs.followLeader(run, worker);
  // Its parent cannot wait for it any more, and we do not come to it before both are dead.
  libc.kill(pid, 19);
  atOnce('the stop of the original', () => processState(pid) === 'T');
  libc.kill(worker, 15);
  atOnce('the end of the worker', () => !lives(worker));
  libc.kill(pid, 9);
  atOnce('the end of the original', () => !lives(pid) && statOf(worker)?.parent === process.pid);
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 7 });
  supervised.runs.signalGroup(run, 'SIGKILL');
  await supervised.groupGone(run);
});

test('a followed leader that is a daemon takes the run into its session', async () => {
  using supervised = new Rig();
  const launched = supervised.start(WITH_WORKER(`setsid bash -c "${ends(5)}"`));
  const { run, pid } = launched;
  const worker = await supervised.pidAfter('worker', launched);
  await launched.output.line(/original/);
  await launched.output.line(/up/);
  assert.equal(sessionOf(worker), worker);
  supervised.runs.followLeader(run, worker);
  libc.kill(pid, 10);
  await until('the original has been waited for', () => statOf(pid) === undefined);
  assert.equal(supervised.exits.get(run), undefined);
  supervised.runs.signalGroup(run, 'SIGTERM');
  assert.deepEqual((await supervised.exit(run)).exit, { kind: 'code', code: 5 });
  await supervised.groupGone(run);
  assert.equal(supervised.strays.get(run), undefined);
});

test('a followed leader that its parent has waited for: the exit of the original counts', async () => {
  using supervised = new Rig();
  const launched = supervised.start('sleep 1000 & echo worker $!; wait; exit 4');
  const worker = await supervised.pidAfter('worker', launched);
  supervised.runs.followLeader(launched.run, worker);
  supervised.runs.signalLeader(launched.run, 'SIGKILL');
  assert.deepEqual(await supervised.exit(launched.run), { exit: { kind: 'code', code: 4 }, group: 'empty' });
});

test('the same when the original ends first, and somebody else waits for the followed leader', async () => {
  using supervised = new Rig();
  const between = '(sleep 1000 & echo followed $!; wait; exec sleep 1000)';
  const launched = supervised.start(WITH_WORKER(between));
  const followed = await supervised.pidAfter('followed', launched);
  await launched.output.line(/original/);
  supervised.runs.followLeader(launched.run, followed);
  libc.kill(launched.pid, 10);
  await until('the original has been waited for', () => statOf(launched.pid) === undefined);
  assert.equal(supervised.exits.get(launched.run), undefined);
  killNow(followed);
  assert.deepEqual(await supervised.exit(launched.run), {
    exit: { kind: 'code', code: 3 },
    group: 'populated',
  });
  supervised.runs.signalGroup(launched.run, 'SIGKILL');
  await supervised.groupGone(launched.run);
});

test('when a followed leader is gone the original gets what is meant for the leader', async () => {
  using supervised = new Rig();
  const launched = supervised.start(`sleep 1000 & echo worker $!; wait; ${ends(6)}`);
  const worker = await supervised.pidAfter('worker', launched);
  supervised.runs.followLeader(launched.run, worker);
  killNow(worker);
  await launched.output.line(/up/);
  supervised.runs.stopLeader(launched.run, 'SIGTERM');
  assert.deepEqual((await supervised.exit(launched.run)).exit, { kind: 'code', code: 6 });
});

test('the process of another run is not followed, and does not speak for this one', async () => {
  using supervised = new Rig();
  const one = supervised.start(ends(1));
  const other = supervised.start(ends(2));
  await one.output.line(/up/);
  await other.output.line(/up/);
  assert.ok(supervised.runs.owns(one.run, one.pid) && !supervised.runs.owns(one.run, other.pid));
  supervised.runs.followLeader(one.run, other.pid);
  supervised.runs.signalLeader(one.run, 'SIGTERM');
  assert.deepEqual((await supervised.exit(one.run)).exit, { kind: 'code', code: 1 });
  assert.ok(lives(other.pid));
  supervised.runs.signalLeader(other.run, 'SIGTERM');
  assert.deepEqual((await supervised.exit(other.run)).exit, { kind: 'code', code: 2 });
});

test('a job and a daemon below the run speak for it', async () => {
  using supervised = new Rig();
  const launched = supervised.start(
    'setsid sleep 2000 & echo daemon $!; set -m; sleep 1000 & echo job $!; wait',
  );
  const job = await supervised.pidAfter('job', launched);
  const daemon = await supervised.pidAfter('daemon', launched);
  await until('setsid', () => sessionOf(daemon) === daemon);
  assert.ok(supervised.runs.owns(launched.run, job));
  assert.ok(supervised.runs.owns(launched.run, daemon));
  assert.ok(!supervised.runs.owns(launched.run, process.pid as Pid));
  supervised.runs.signalGroup(launched.run, 'SIGKILL');
  await supervised.groupGone(launched.run);
  assert.ok(!supervised.runs.owns(launched.run, daemon));
  killNow(daemon);
  await ended(daemon);
});

test('a number that a followed process has left to another is nobody’s', () => {
  const table = new ProcessTable();
  const pid = process.pid as Pid;
  const entry = { service: service('s').name, run: 1 as RunId, pid };
  table.addFollowed(entry, { pid, startTime: statOf(pid)?.startTime ?? 0 });
  assert.deepEqual(table.ownerOf(pid), { kind: 'run', entry });
  table.addFollowed(entry, { pid, startTime: 1 });
  assert.deepEqual(table.ownerOf(pid), { kind: 'nobody' });
  assert.deepEqual([...table.leaders()], []);
  table.addFollowed(entry, { pid, startTime: statOf(pid)?.startTime ?? 0 });
  table.addTool(pid);
  assert.deepEqual(table.ownerOf(pid), { kind: 'tool' });
});

test('what a tool leaves in its group ends with it', async () => {
  using supervised = new Rig();
  const tool = createToolRunner(libc, supervised.table);
  const outcome = await tool({
    command: ['sh', '-c', 'sleep 1000 & echo $!; exit 5'],
    environment: PATH,
    workingDir: '/',
    timeoutMs: 10_000,
  });
  assert.ok(outcome.kind === 'exited' && outcome.code === 5);
  await ended(Number(outcome.output) as Pid);
});
