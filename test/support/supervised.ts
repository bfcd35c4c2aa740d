// The real os adapters, joined as main joins them, in the test's own process made a subreaper.
import type { Stray } from '../../supervisor/core/stray.ts';
import type { ExitStatus } from '../../supervisor/core/exit-status.ts';
import type { JobId, RunId } from '../../supervisor/core/names.ts';
import type { ServiceSpec } from '../../supervisor/core/service-spec.ts';
import type { JobSpec } from '../../supervisor/core/job-spec.ts';
import { JobLauncher, type JobLaunch } from '../../supervisor/os/job-launcher.ts';
import { type Launch, Launcher } from '../../supervisor/os/launcher.ts';
import { libc } from '../../supervisor/os/libc.ts';
import { ProcessTable } from '../../supervisor/os/process-table.ts';
import { ProgramLauncher } from '../../supervisor/os/program-launcher.ts';
import { Reaper } from '../../supervisor/os/reaper.ts';
import { RunProcessGroups } from '../../supervisor/os/run-processes.ts';
import type { ServiceGroups } from '../../supervisor/os/service-groups.ts';
import type { SystemCalls } from '../../supervisor/os/system-calls.ts';
import { until } from './deadline.ts';

type Told = { readonly exit: ExitStatus; readonly group: 'empty' | 'populated' };

/** For services without resource control. */
const NO_GROUPS: ServiceGroups = { open: () => ({ group: undefined, degraded: [] }) };

export class Supervised implements Disposable {
  readonly table = new ProcessTable();
  readonly runs: RunProcessGroups;
  readonly exits = new Map<number, Told>();
  readonly gone = new Set<number>();
  /** Each time that some were told. */
  readonly strays = new Map<number, readonly (readonly Stray[])[]>();
  /** Run, signal, errno. */
  readonly refused: string[] = [];
  readonly failedWaits: string[] = [];
  orphans = 0;
  readonly #reaper: Reaper;
  readonly #listening: Disposable;
  // SIGCHLD's listener does not keep the loop alive.
  readonly #alive = setInterval(() => undefined, 1 << 30);
  #nextRun = 1;

  constructor(calls: SystemCalls = libc, groups: ServiceGroups = NO_GROUPS) {
    libc.becomeSubreaper();
    libc.closeOnExecFrom(3);
    const programs = new ProgramLauncher(calls, this.table, groups);
    const services = new Launcher(calls, programs, 'absent');
    const launchers = { services, jobs: new JobLauncher(calls, programs), orphans: 'ours' } as const;
    this.runs = new RunProcessGroups(calls, this.table, launchers, {
      exited: (_owner, run, exit, group) => {
        this.exits.set(run, { exit, group });
        if (group === 'empty') this.gone.add(run);
      },
      groupEmptied: (_owner, run) => {
        this.gone.add(run);
      },
      straysFound: (_owner, run, strays) => {
        this.strays.set(run, [...(this.strays.get(run) ?? []), strays]);
      },
      signalRefused: (_owner, run, signal, errno) => {
        this.refused.push(`${run} ${signal} ${errno}`);
      },
    });
    this.#reaper = new Reaper(
      calls,
      this.table,
      (report) => {
        this.orphans += report.orphans;
        this.runs.onReaped(report);
      },
      (errno) => {
        this.failedWaits.push(errno);
      },
    );
    this.#listening = this.#reaper.start();
  }

  launch(spec: ServiceSpec): { run: RunId; launch: Launch } {
    const run = this.#nextRun++ as RunId;
    return { run, launch: this.runs.launch(spec, { run: run, program: 'command', environment: {} }) };
  }

  launchJob(spec: JobSpec): { run: RunId; launch: JobLaunch } {
    const run = this.#nextRun++ as RunId;
    return { run, launch: this.runs.launchJob(spec, { job: Number(run) as JobId, run }) };
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
