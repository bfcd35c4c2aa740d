// The processes of the runs as the engine knows them: by run, not by pid. Signals go to every process group of a run; a run
// has ended when its leader has been waited for, and is gone when nobody of it is left (promise P4).
import type { Stray } from '../core/stray.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { JobSpec } from '../core/job-spec.ts';
import type { JobId, Pid, RunId } from '../core/names.ts';
import type { ServiceSpec, SignalName } from '../core/service-spec.ts';
import { type ControlGroup, type KeptGroup, withOomTold } from './control-group.ts';
import type { JobLaunch } from './job-launcher.ts';
import type { Launch, LaunchRequest } from './launcher.ts';
import type { LaunchFailure } from './program-launcher.ts';
import type { ProcessTable } from './process-table.ts';
import { statOf } from './procfs.ts';
import type { ExitedLeader, ReaperReport } from './reaper.ts';
import { RepeatedLook } from './repeated-look.ts';
import { isOurChild, isStillToEnd, livingLeader, type Leader } from './run-leader.ts';
import type { RunLaunchers } from './run-launchers.ts';
import { RunMembers, sessionUnknown } from './run-members.ts';
import type { RunObserver } from './run-observer.ts';
import {
  beginRun,
  enterLeaders,
  keepRun,
  resumeRun,
  type KeptRun,
  type RunIdentity,
  type RunProcesses,
} from './run-record.ts';
import { RunSignals } from './run-signals.ts';
import type { SystemCalls } from './system-calls.ts';

type LaunchedRun = Extract<Launch | JobLaunch, { kind: 'launched' }>;

type Reach = ReturnType<RunSignals['send']>;

export class RunProcessGroups {
  readonly #calls: SystemCalls;
  readonly #table: ProcessTable;
  readonly #launchers: RunLaunchers;
  readonly #members: RunMembers;
  readonly #signals: RunSignals;
  readonly #observer: RunObserver;
  readonly #runs = new Map<RunId, RunProcesses>();
  /** The last of a run may be somebody else's child; then no SIGCHLD tells us of its end. */
  readonly #look = new RepeatedLook(() => this.#lookAtLingering());

  constructor(calls: SystemCalls, table: ProcessTable, launchers: RunLaunchers, observer: RunObserver) {
    this.#calls = calls;
    this.#table = table;
    this.#launchers = launchers;
    this.#members = new RunMembers(calls, table, launchers.orphans);
    this.#signals = new RunSignals(calls, (...refusal) => {
      observer.signalRefused(...refusal);
    });
    this.#observer = observer;
  }

  get kept(): readonly KeptRun[] {
    return [...this.#runs.values()].map(keepRun);
  }

  /** Runs that another process image has launched; before the first pass of the reaper. */
  resume(kept: readonly KeptRun[], groupOf: (group: KeptGroup) => ControlGroup): void {
    for (const processes of kept.map((run) => resumeRun(run, groupOf))) {
      this.#runs.set(processes.run, processes);
      enterLeaders(this.#table, processes);
    }
    // No exit may come any more of one that is about to be gone.
    this.#look.soon();
  }

  launch(spec: ServiceSpec, request: LaunchRequest): Launch {
    const owner = { kind: 'service', service: spec.name } as const;
    const launch = this.#launchers.services.launch(spec, request);
    return this.#noted(launch, { owner, run: request.run, killMode: spec.stop.killMode });
  }

  launchJob(spec: JobSpec, request: { readonly job: JobId; readonly run: RunId }): JobLaunch {
    const { job, run } = request;
    const launch = this.#launchers.jobs.launch(spec, request);
    return this.#noted(launch, { owner: { kind: 'job', job }, run, killMode: 'group' });
  }

  /** With SIGCONT after it. */
  signalGroup(run: RunId, signal: SignalName): void {
    const processes = this.#runs.get(run);
    if (processes === undefined) return;
    this.#members.rememberStrays(processes);
    if (signal === 'SIGKILL') processes.kill = 'sent';
    const reach = this.#signalAll(processes, signal);
    if (signal !== 'SIGKILL') return;
    // Whoever has left the process group too.
    processes.controlGroup?.kill();
    this.#noteKill(processes, 'group', reach);
  }

  /** To the group that its leader began, and nothing after it. */
  signalGroupOnly(run: RunId, signal: SignalName): void {
    const processes = this.#runs.get(run);
    if (processes !== undefined && this.#members.hasGroup(processes))
      this.#signals.send(processes, 0 - processes.original, signal);
  }

  /** Nothing is sent once the leader has been waited for: its pid may be somebody else's by then. */
  signalLeader(run: RunId, signal: SignalName): void {
    const processes = this.#runs.get(run);
    const leader = processes === undefined ? undefined : livingLeader(processes.leader, processes);
    if (processes !== undefined && leader !== undefined) this.#signals.send(processes, leader, signal);
  }

  /** With SIGCONT after it. */
  stopLeader(run: RunId, signal: SignalName): void {
    this.noteStrays(run);
    const processes = this.#runs.get(run);
    if (processes === undefined) return;
    const reach = this.#signalLeaderAlone(processes, signal);
    if (signal === 'SIGKILL') this.#noteKill(processes, 'leader', reach);
  }

  /** Before a run is ended by something else than a signal: who has left it can be told only while its ancestors live. */
  noteStrays(run: RunId): void {
    const processes = this.#runs.get(run);
    if (processes !== undefined) this.#members.rememberStrays(processes);
  }

  /** Another process is its leader from now on; one that is gone, or belongs to somebody else, is not followed. */
  followLeader(run: RunId, pid: Pid): void {
    const processes = this.#runs.get(run);
    if (processes === undefined || processes.leader.kind === 'waited-for') return;
    const { leader } = processes;
    if (pid === processes.original && processes.originalIs === 'alive') {
      this.#unfollow(leader);
      processes.leader = { kind: 'original' };
      return;
    }
    const stat = statOf(pid);
    if (stat?.state !== 'alive' || !this.#mayLead(processes, pid)) return;
    this.#unfollow(leader);
    const identity = { pid, startTime: stat.startTime };
    this.#table.addFollowed({ run, pid }, identity);
    const originalExit = leader.kind === 'followed' ? leader.originalExit : undefined;
    processes.leader = { kind: 'followed', identity, originalExit };
    // A leader that has become a daemon takes the run with it into its session.
    const session = this.#calls.sessionOf(pid);
    if (session.ok && !this.#isElsewhere(session.value)) processes.sessions.add(session.value);
  }

  /** Whether a process may speak for this run: it is of its session or group, or descends from one that is. */
  owns(run: RunId, pid: Pid): boolean {
    const processes = this.#runs.get(run);
    return processes !== undefined && this.#members.owns(processes, pid);
  }

  /** After each pass of the reaper; it has taken all zombies by then. */
  onReaped(report: ReaperReport): void {
    // A followed leader first, so that the exit of the original one, its parent, is not taken for the end.
    const exits = report.exited.toSorted((a, b) => Number(this.#isOriginal(a)) - Number(this.#isOriginal(b)));
    for (const reaped of exits) this.#onExit(reaped);
    if (report.exited.length > 0 || report.orphans > 0) this.#look.now();
  }

  /** Known from now on, by its group and its session. */
  #noted<Ready extends LaunchedRun>(launch: Ready | LaunchFailure, who: RunIdentity): Ready | LaunchFailure {
    if (launch.kind === 'failed') return launch;
    const { pid: original, controlGroup } = launch;
    const session = this.#calls.sessionOf(original);
    this.#runs.set(who.run, beginRun(who, original, session, controlGroup));
    return session.ok ? launch : { ...launch, degraded: [...launch.degraded, sessionUnknown(session.errno)] };
  }

  #forget({ run, controlGroup }: RunProcesses): void {
    this.#runs.delete(run);
    this.#signals.forget(run);
    controlGroup?.remove();
  }

  #unfollow(leader: Leader): void {
    if (leader.kind === 'followed') this.#table.removeFollowed(leader.identity.pid);
  }

  /** One of its own, or one that has come to us from whoever started it, and that is of no other run. */
  #mayLead(processes: RunProcesses, pid: Pid): boolean {
    if (this.#members.owns(processes, pid)) return true;
    const session = this.#calls.sessionOf(pid);
    const isOrphan = statOf(pid)?.parent === process.pid && this.#table.ownerOf(pid).kind === 'nobody';
    return isOrphan && session.ok && !this.#isElsewhere(session.value);
  }

  /** A session of another run, or Bosun's own. */
  #isElsewhere(session: Pid): boolean {
    const own = this.#calls.sessionOf(process.pid as Pid);
    if (own.ok && own.value === session) return true;
    return [...this.#runs.values()].some((other) => other.sessions.has(session));
  }

  #signalAll(processes: RunProcesses, signal: SignalName): Reach {
    const groups = [...this.#members.groupsOf(processes)];
    const reached = groups.map((group) => this.#signals.sendAndContinue(processes, 0 - group, signal));
    return reached.includes('reached') ? 'reached' : 'missed';
  }

  #signalLeaderAlone(processes: RunProcesses, signal: SignalName): Reach {
    const leader = livingLeader(processes.leader, processes);
    return leader === undefined ? 'reached' : this.#signals.sendAndContinue(processes, leader, signal);
  }

  #noteKill(processes: RunProcesses, whom: 'group' | 'leader', reach: Reach): void {
    processes.missedKill = reach === 'missed' ? whom : 'none';
    if (reach === 'missed') this.#look.soon();
  }

  /** Whether it has to be tried yet another time. */
  #killAgain(processes: RunProcesses): boolean {
    switch (processes.missedKill) {
      case 'none':
        return false;
      case 'group':
        if (this.#signalAll(processes, 'SIGKILL') === 'missed') return true;
        break;
      case 'leader':
        if (this.#signalLeaderAlone(processes, 'SIGKILL') === 'missed') return true;
    }
    processes.missedKill = 'none';
    return false;
  }

  #isOriginal({ entry }: ExitedLeader): boolean {
    return this.#runs.get(entry.run)?.original === entry.pid;
  }

  #onExit({ entry: { run, pid }, exit, usage }: ExitedLeader): void {
    const processes = this.#runs.get(run);
    if (processes === undefined) return;
    if (usage !== undefined) this.#observer.used?.(processes.owner, usage);
    if (pid === processes.original) processes.originalIs = 'waited-for';
    const { leader } = processes;
    if (leader.kind === 'waited-for') return;
    if (leader.kind === 'followed' && pid !== leader.identity.pid && isStillToEnd(leader.identity))
      processes.leader = { ...leader, originalExit: exit };
    else this.#onLeaderExit(processes, exit);
  }

  #onLeaderExit(processes: RunProcesses, exit: ExitStatus): void {
    const { owner, run, kill, controlGroup } = processes;
    this.#unfollow(processes.leader);
    processes.leader = { kind: 'waited-for' };
    const group = this.#isPopulated(processes) ? 'populated' : 'empty';
    // What a leader leaves behind is left alone where only the leader is to be stopped.
    const isGone = group === 'empty' || processes.killMode === 'process';
    const survivors = isGone && group === 'populated' ? this.#members.survivorsOf(processes) : [];
    const told = kill === 'sent' ? exit : withOomTold(exit, controlGroup, this.#launchers.memory);
    if (isGone) this.#forget(processes);
    this.#observer.exited(owner, run, told, group);
    if (isGone) this.#tellLeft(processes, survivors);
  }

  #isPopulated(processes: RunProcesses): boolean {
    return this.#members.isPopulated(processes, processes.kill === 'sent' ? 'thorough' : 'quick');
  }

  #tellLeft(processes: RunProcesses, survivors: readonly Stray[]): void {
    const left = [...survivors, ...this.#members.straysOf(processes)];
    if (left.length > 0) this.#observer.straysFound(processes.owner, processes.run, left);
  }

  #lookAtLingering(): 'again' | 'enough' {
    // All of them are looked at, whatever the first one says.
    const lingering = [...this.#runs.values()].filter((processes) => this.#lingers(processes));
    return lingering.length > 0 ? 'again' : 'enough';
  }

  /** Whether nothing but another look can tell how it goes on with this run. */
  #lingers(processes: RunProcesses): boolean {
    const { leader } = processes;
    switch (leader.kind) {
      case 'original':
        return this.#killAgain(processes);
      case 'followed': {
        const missed = this.#killAgain(processes);
        return this.#mayEndUnseen(processes, leader) || missed;
      }
      case 'waited-for':
        return this.#outlivesLeader(processes);
    }
  }

  /** The original leader is gone, and the followed one is the child of somebody who may wait for it before we can. */
  #mayEndUnseen(
    processes: RunProcesses,
    { identity, originalExit }: Extract<Leader, { kind: 'followed' }>,
  ): boolean {
    if (originalExit === undefined) return false;
    if (isStillToEnd(identity)) return !isOurChild(identity);
    this.#onLeaderExit(processes, originalExit);
    return this.#runs.has(processes.run);
  }

  #outlivesLeader(processes: RunProcesses): boolean {
    if (this.#isPopulated(processes)) {
      // Somebody may have been forked between the look at who is there and the signal.
      if (processes.kill === 'sent') this.#signalAll(processes, 'SIGKILL');
      return true;
    }
    this.#forget(processes);
    this.#observer.groupEmptied(processes.owner, processes.run);
    this.#tellLeft(processes, []);
    return false;
  }
}
