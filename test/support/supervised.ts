// The real os adapters, joined as main joins them, in the test's own process made a subreaper.
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import type { RunId } from '../../supervisor/core/names.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import { type Launch, Launcher } from '../../supervisor/os/launcher.ts';
import { libc } from '../../supervisor/os/libc.ts';
import { ProcessTable } from '../../supervisor/os/process-table.ts';
import { Reaper } from '../../supervisor/os/reaper.ts';
import { RunProcessGroups } from '../../supervisor/os/run-processes.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { until } from './deadline.ts';

type Told = { readonly exit: ExitStatus; readonly group: 'empty' | 'populated' };

export class Supervised implements Disposable {
  readonly table = new ProcessTable();
  readonly runs: RunProcessGroups;
  readonly exits = new Map<number, Told>();
  readonly gone = new Set<number>();
  orphans = 0;
  readonly #reaper: Reaper;
  readonly #listening: Disposable;
  // SIGCHLD's listener does not keep the loop alive.
  readonly #alive = setInterval(() => undefined, 1 << 30);
  #nextRun = 1;

  constructor(calls: SystemCalls = libc) {
    libc.becomeSubreaper();
    libc.closeOnExecFrom(3);
    this.runs = new RunProcessGroups(calls, new Launcher(calls, this.table, 'absent'), {
      exited: (_service, run, exit, group) => {
        this.exits.set(run, { exit, group });
        if (group === 'empty') this.gone.add(run);
      },
      groupEmptied: (_service, run) => {
        this.gone.add(run);
      },
    });
    this.#reaper = new Reaper(calls, this.table, (report) => {
      this.orphans += report.orphans;
      this.runs.onReaped(report);
    });
    this.#listening = this.#reaper.start();
  }

  launch(spec: ServiceSpec): { run: RunId; launch: Launch } {
    const run = this.#nextRun++ as RunId;
    return { run, launch: this.runs.launch(spec, { run: run, program: 'command', environment: {} }) };
  }

  exit(run: RunId): Promise<Told> {
    return until(`the exit of run ${run}`, () => this.exits.get(run));
  }

  async groupGone(run: RunId): Promise<void> {
    await until(`the end of the group of run ${run}`, () => this.gone.has(run));
  }

  [Symbol.dispose](): void {
    clearInterval(this.#alive);
    this.#listening[Symbol.dispose]();
  }
}
