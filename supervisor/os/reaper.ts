// The one owner of waits: takes the exit of every child that is not libuv's, on SIGCHLD and on a slow sweep.
// It looks with WNOWAIT and takes by pid, because wait(-1) would steal the exits of libuv's own children, which then
// never end for Node. It decides nothing: exits of runs and the count of orphans are handed on.
import type { ExitStatus } from '../core/exit-status.ts';
import type { Pid } from '../core/names.ts';
import type { ProcessTable, RunEntry } from './process-table.ts';
import type { SystemCalls } from './system-calls.ts';

export type ReaperReport = {
  /** Leaders whose exit was taken in this pass, in the order of their deaths. */
  readonly exited: readonly { readonly entry: RunEntry; readonly exit: ExitStatus }[];
  readonly orphans: number;
};

/** So many in one turn of the event loop; a storm of orphans must not hold up probes and signals. */
const BATCH = 2000;
/** SIGCHLD is never lost, it only coalesces; this is a net under what we do not know. */
const SWEEP_MS = 300_000;
const TOOL_RETRY_MS = 10;

export class Reaper {
  readonly #calls: SystemCalls;
  readonly #table: ProcessTable;
  readonly #report: (report: ReaperReport) => void;
  #again: NodeJS.Timeout | NodeJS.Immediate | undefined;
  #toolRetries = 0;

  constructor(calls: SystemCalls, table: ProcessTable, report: (report: ReaperReport) => void) {
    this.#calls = calls;
    this.#table = table;
    this.#report = report;
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

  /** One pass: until nothing is left, a batch is full, or a child of libuv's is in the way. */
  reap(): void {
    const exited: { entry: RunEntry; exit: ExitStatus }[] = [];
    let orphans = 0;
    for (let taken = 0; ; taken++) {
      if (taken === BATCH) {
        this.#again ??= setImmediate(this.#reapAgain);
        break;
      }
      const child = this.#calls.peekExited();
      if (!child.ok || child.value === undefined) {
        this.#toolRetries = 0;
        break;
      }
      const owner = this.#table.ownerOf(child.value.pid);
      if (owner.kind === 'tool') {
        this.#takeLeadersBehindTool(exited);
        this.#comeBack();
        break;
      }
      this.#take(child.value.pid);
      if (owner.kind === 'run') exited.push({ entry: owner.entry, exit: child.value.exit });
      else orphans++;
    }
    this.#report({ exited, orphans });
  }

  readonly #reapAgain = (): void => {
    this.#again = undefined;
    this.reap();
  };

  #take(pid: Pid): void {
    this.#calls.takeExited(pid);
    this.#table.removeLeader(pid);
  }

  /** waitid(2) shows the same child again until it is taken, so nobody behind a child of libuv's can be seen: ask by pid. */
  #takeLeadersBehindTool(exited: { entry: RunEntry; exit: ExitStatus }[]): void {
    for (const entry of this.#table.leaders()) {
      const taken = this.#calls.takeExited(entry.pid);
      if (!taken.ok || taken.value === undefined) continue;
      this.#table.removeLeader(entry.pid);
      exited.push({ entry, exit: taken.value });
    }
  }

  /** libuv takes its child in the same turn of the loop or the next; after a few turns there is no need to hurry. */
  #comeBack(): void {
    this.#toolRetries++;
    this.#again ??=
      this.#toolRetries < 5 ? setImmediate(this.#reapAgain) : setTimeout(this.#reapAgain, TOOL_RETRY_MS);
  }
}
