// The one owner of waits: takes the exit of every child that is not libuv's, on SIGCHLD and on a slow sweep.
// It looks with WNOWAIT and takes by pid, because wait(-1) would steal the exits of libuv's own children, which then
// never end for Node. It decides nothing: exits of runs and the count of orphans are handed on.
// In a process that is not Bosun's alone it takes only the leaders of our runs, each by its pid: every other child is somebody else's.
import type { ResourceUsage } from '../core/counter-board.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { ProcessTable, RunEntry } from './process-table.ts';
import type { Errno, SystemCalls } from './system-calls.ts';

/** `all`: as PID 1 or a subreaper must. `own`: the leaders of our runs and nobody else. */
export type Reaped = 'all' | 'own';

export type ExitedLeader = {
  readonly entry: RunEntry;
  readonly exit: ExitStatus;
  /** Undefined when somebody else has waited for it. */
  readonly usage: ResourceUsage | undefined;
};

export type ReaperReport = {
  /** Leaders whose exit was taken in this pass, in the order of their deaths. */
  readonly exited: readonly ExitedLeader[];
  readonly orphans: number;
};

/** So many in one turn of the event loop; a storm of orphans must not hold up probes and signals. */
const BATCH = 2000;
/** SIGCHLD is never lost, it only coalesces; this is a net under what we do not know. */
const SWEEP_MS = 300_000;
const TOOL_RETRY_MS = 10;
/** After a wait that failed as none should. */
const FAILURE_RETRY_MS = 100;

type Exited = ExitedLeader[];
type Pass = { readonly exited: Exited; orphans: number };

export class Reaper {
  readonly #calls: SystemCalls;
  readonly #table: ProcessTable;
  readonly #report: (report: ReaperReport) => void;
  readonly #failed: (errno: Errno) => void;
  readonly #reaped: Reaped;
  #again: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #toolRetries = 0;

  /** `failed`: waitid(2) does not do what it is for. Told each time; it is tried again all the while. */
  constructor(
    calls: SystemCalls,
    table: ProcessTable,
    report: (report: ReaperReport) => void,
    failed: (errno: Errno) => void,
    reaped: Reaped = 'all',
  ) {
    this.#calls = calls;
    this.#table = table;
    this.#report = report;
    this.#failed = failed;
    this.#reaped = reaped;
  }

  start(): Disposable {
    const reap = (): void => {
      this.reap();
    };
    process.on('SIGCHLD', reap);
    const sweep = setInterval(reap, SWEEP_MS).unref();
    return {
      [Symbol.dispose]: () => {
        process.off('SIGCHLD', reap);
        clearInterval(sweep);
      },
    };
  }

  /** One pass: until nothing is left, a batch is full, or a child of libuv's or a failure is in the way. */
  reap(): void {
    const pass: Pass = { exited: [], orphans: 0 };
    if (this.#reaped === 'own') this.#takeOwn(pass.exited);
    else this.#takeAll(pass);
    this.#report(pass);
  }

  #takeAll(pass: Pass): void {
    for (let taken = 1; this.#takeNext(pass); taken++)
      if (taken === BATCH) {
        this.#again ??= setImmediate(this.#reapAgain);
        break;
      }
  }

  /** False when there is no more to be had in this pass. */
  #takeNext(pass: Pass): boolean {
    const child = this.#calls.peekExited();
    // ECHILD: there is no child at all.
    if (!child.ok && child.errno !== 'ECHILD') return this.#comeBackAfter(child.errno, pass.exited);
    if (!child.ok || child.value === undefined) return this.#nothingLeft();
    const { pid, exit } = child.value;
    const owner = this.#table.ownerOf(pid);
    if (owner.kind === 'tool') return this.#letLibuvTake(pass.exited);
    const taken = this.#calls.takeExited(pid);
    // ECHILD: somebody else has taken it, and how it ended we have seen.
    if (!taken.ok && taken.errno !== 'ECHILD') return this.#comeBackAfter(taken.errno, pass.exited);
    this.#table.removeLeader(pid);
    const usage = taken.ok ? taken.value?.usage : undefined;
    if (owner.kind === 'run') pass.exited.push({ entry: owner.entry, exit, usage });
    else pass.orphans++;
    return true;
  }

  readonly #reapAgain = (): void => {
    this.#again = undefined;
    this.reap();
  };

  #nothingLeft(): false {
    this.#toolRetries = 0;
    return false;
  }

  /** libuv takes its child in the same turn of the loop or the next; after a few turns there is no need to hurry. */
  #letLibuvTake(exited: Exited): false {
    this.#takeLeaders(exited);
    this.#toolRetries++;
    this.#again ??=
      this.#toolRetries < 5 ? setImmediate(this.#reapAgain) : setTimeout(this.#reapAgain, TOOL_RETRY_MS);
    return false;
  }

  /** What fails now may work later; EINTR is no failure. */
  #comeBackAfter(errno: Errno, exited: Exited): false {
    this.#takeLeaders(exited);
    this.#again ??= setTimeout(this.#reapAgain, errno === 'EINTR' ? 0 : FAILURE_RETRY_MS);
    if (errno !== 'EINTR') this.#failed(errno);
    return false;
  }

  /**
   * waitid(2) shows the same child again until it is taken, so nobody behind one that is in the way can be seen. The leaders
   * are asked for by pid: of the services at least the ends are known.
   */
  #takeLeaders(exited: Exited): ReadonlySet<Errno> {
    const failures = new Set<Errno>();
    for (const entry of this.#table.leaders()) {
      const taken = this.#calls.takeExited(entry.pid);
      if (!taken.ok) failures.add(taken.errno);
      if (!taken.ok || taken.value === undefined) continue;
      this.#table.removeLeader(entry.pid);
      exited.push({ entry, ...taken.value });
    }
    return failures;
  }

  #takeOwn(exited: Exited): void {
    for (const errno of this.#takeLeaders(exited)) {
      // ECHILD: somebody else has taken it. It is told, and asking again would not help.
      if (errno !== 'ECHILD')
        this.#again ??= setTimeout(this.#reapAgain, errno === 'EINTR' ? 0 : FAILURE_RETRY_MS);
      if (errno !== 'EINTR') this.#failed(errno);
    }
  }
}
