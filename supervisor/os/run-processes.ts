// The processes of the runs as the engine knows them: by run, not by pid. Signals go to the whole process group; a run
// has ended when its leader has been waited for, and is gone when its group is empty (promise P4).
import type { ExitStatus } from '../core/exit-status.ts';
import type { Pid, RunId, ServiceName } from '../core/names.ts';
import type { ServiceSpec, SignalName } from '../core/service-spec.ts';
import type { Launch, Launcher, LaunchRequest } from './launcher.ts';
import type { ReaperReport } from './reaper.ts';
import { signalNumber } from './signal-names.ts';
import type { SystemCalls } from './system-calls.ts';

export type RunObserver = {
  exited(service: ServiceName, run: RunId, exit: ExitStatus, group: 'empty' | 'populated'): void;
  groupEmptied(service: ServiceName, run: RunId): void;
};

type RunProcesses = {
  readonly service: ServiceName;
  readonly run: RunId;
  readonly pid: Pid;
  leader: 'alive' | 'waited-for';
  followed?: Pid;
};

/** The last member of a group may be somebody else's child; then no SIGCHLD tells us of its end. */
const FIRST_LOOK_MS = 10;
const LAST_LOOK_MS = 250;

export class RunProcessGroups {
  readonly #calls: SystemCalls;
  readonly #launcher: Launcher;
  readonly #observer: RunObserver;
  readonly #runs = new Map<RunId, RunProcesses>();
  #look: NodeJS.Timeout | undefined;
  #lookMs = FIRST_LOOK_MS;

  constructor(calls: SystemCalls, launcher: Launcher, observer: RunObserver) {
    this.#calls = calls;
    this.#launcher = launcher;
    this.#observer = observer;
  }

  launch(spec: ServiceSpec, request: LaunchRequest): Launch {
    const { run } = request;
    const launch = this.#launcher.launch(spec, request);
    if (launch.kind === 'launched')
      this.#runs.set(run, { service: spec.name, run, pid: launch.pid, leader: 'alive' });
    return launch;
  }

  /** SIGCONT follows: a stopped process would never see SIGTERM, and on old kernels not even SIGKILL. */
  signalGroup(run: RunId, signal: SignalName): void {
    const processes = this.#runs.get(run);
    if (processes === undefined) return;
    this.#calls.kill(groupOf(processes), signalNumber(signal));
    this.#calls.kill(groupOf(processes), signalNumber('SIGCONT'));
  }

  signalGroupOnly(run: RunId, signal: SignalName): void {
    const processes = this.#runs.get(run);
    if (processes !== undefined) this.#calls.kill(groupOf(processes), signalNumber(signal));
  }

  /** Nothing is sent once the leader has been waited for: its pid may be somebody else's by then. */
  signalLeader(run: RunId, signal: SignalName): void {
    const processes = this.#runs.get(run);
    if (processes?.leader === 'alive') this.#calls.kill(processes.pid, signalNumber(signal));
  }

  /** SIGCONT follows, as above. */
  stopLeader(run: RunId, signal: SignalName): void {
    this.signalLeader(run, signal);
    this.signalLeader(run, 'SIGCONT');
  }

  followLeader(run: RunId, pid: Pid): void {
    const processes = this.#runs.get(run);
    if (processes !== undefined) processes.followed = pid;
  }

  /** After each pass of the reaper; it has taken all zombies by then, and a zombie would count as a member. */
  onReaped(report: ReaperReport): void {
    for (const { entry, exit } of report.exited) this.#leaderExited(entry.run, exit);
    if (report.exited.length > 0 || report.orphans > 0) this.#checkLingering();
  }

  #leaderExited(run: RunId, exit: ExitStatus): void {
    const processes = this.#runs.get(run);
    if (processes === undefined) return;
    processes.leader = 'waited-for';
    const group = this.#groupState(processes);
    if (group === 'empty') this.#runs.delete(run);
    this.#observer.exited(processes.service, run, exit, group);
  }

  /**
   * While the group has a member the kernel does not give its number to a new process, so asking is safe. EPERM means
   * that there is somebody whom we may not signal.
   */
  #groupState(processes: RunProcesses): 'empty' | 'populated' {
    const asked = this.#calls.kill(groupOf(processes), 0);
    return !asked.ok && asked.errno === 'ESRCH' ? 'empty' : 'populated';
  }

  #checkLingering(): void {
    let lingering = 0;
    for (const processes of [...this.#runs.values()]) {
      if (processes.leader === 'alive') continue;
      if (this.#groupState(processes) === 'populated') {
        lingering++;
        continue;
      }
      this.#runs.delete(processes.run);
      this.#observer.groupEmptied(processes.service, processes.run);
    }
    this.#scheduleLook(lingering);
  }

  #scheduleLook(lingering: number): void {
    clearTimeout(this.#look);
    this.#look = undefined;
    if (lingering === 0) {
      this.#lookMs = FIRST_LOOK_MS;
      return;
    }
    this.#look = setTimeout(() => {
      this.#checkLingering();
    }, this.#lookMs);
    this.#lookMs = Math.min(this.#lookMs * 2, LAST_LOOK_MS);
  }
}

/** kill(2): a negative pid is the process group; the leader of a session or group gives it its number. */
function groupOf({ pid }: RunProcesses): number {
  return 0 - pid;
}
