// An engine without services for the processes of the library: joins it to the adapters, and keeps what their streams give.
// Unlike Bosun itself it waits for its own children only: those of the application are the application's.
import type { CommandResult } from '../core/effect.ts';
import type { RecordedEvent } from '../core/event.ts';
import type { CommandVerb } from '../core/input.ts';
import { isLiveJob, type JobRecord } from '../core/job.ts';
import type { JobSpec } from '../core/job-spec.ts';
import type { JobId } from '../core/names.ts';
import { Engine } from '../engine/engine.ts';
import type { EnginePorts, PlanePort } from '../engine/ports.ts';
import { calendar } from '../os/calendar.ts';
import { createClock } from '../os/clock.ts';
import { JobLauncher } from '../os/job-launcher.ts';
import { Launcher } from '../os/launcher.ts';
import { libc } from '../os/libc.ts';
import { ProgramLauncher } from '../os/program-launcher.ts';
import { ProcessTable } from '../os/process-table.ts';
import { Reaper } from '../os/reaper.ts';
import { RunProcessGroups } from '../os/run-processes.ts';
import { ProcessStreams } from './process-streams.ts';

export type Started = { readonly result: CommandResult; readonly record: JobRecord | undefined };

const NOTHING = (): void => undefined;
const LONGEST_INTERVAL_MS = 2 ** 31 - 1;
const REFUSED: CommandResult = {
  kind: 'refused',
  error: { code: 'shutting-down', service: '', message: 'the process manager is closed' },
};

export class ProcessHost {
  readonly #table = new ProcessTable();
  readonly #clock = createClock(libc);
  readonly #streams = new Map<JobId, ProcessStreams>();
  readonly #waiting = new Map<JobId, Set<(record: JobRecord) => void>>();
  readonly #runs: RunProcessGroups;
  readonly #engine: Engine;
  readonly #reaping: Disposable;
  #limitBytes = 0;
  #answer: CommandResult = REFUSED;
  #commands = 0;
  #alive: NodeJS.Timeout | undefined;
  #life: 'open' | 'closed' = 'open';

  constructor() {
    this.#runs = this.#createRuns();
    this.#engine = new Engine({ services: [], shutdownBudgetMs: 0, forwards: [] }, this.#createPorts());
    const reaper = new Reaper(
      libc,
      this.#table,
      (report) => {
        this.#runs.onReaped(report);
      },
      NOTHING,
      'own',
    );
    this.#reaping = reaper.start();
    this.#engine.submit({ type: 'boot' });
  }

  get records(): readonly JobRecord[] {
    return this.#engine.fleet.jobs;
  }

  find(job: JobId): JobRecord | undefined {
    return this.records.find((record) => record.id === job);
  }

  streams(job: JobId): ProcessStreams {
    return this.#streams.get(job) ?? new ProcessStreams(0);
  }

  /** All of it happens before it returns: the engine waits for nothing. */
  run(spec: JobSpec): Started {
    this.#limitBytes = spec.outputLimitBytes;
    const result = this.command({ verb: 'run-job', spec });
    const job = result.kind === 'accepted' ? result.job : undefined;
    return { result, record: job === undefined ? undefined : this.find(job) };
  }

  command(verb: CommandVerb): CommandResult {
    if (this.#life === 'closed') return REFUSED;
    const id = String(++this.#commands);
    this.#engine.submit({ type: 'command', command: { id, actor: 'application', ...verb } });
    return this.#answer;
  }

  /** Rejects with the signal's reason. */
  async ended(job: JobId, signal: AbortSignal | undefined): Promise<JobRecord> {
    signal?.throwIfAborted();
    const record = this.find(job);
    if (record !== undefined && !isLiveJob(record)) return record;
    const { promise, resolve, reject } = Promise.withResolvers<JobRecord>();
    const waiting = this.#waiting.get(job) ?? new Set();
    this.#waiting.set(job, waiting.add(resolve));
    const abandon = (): void => {
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abandon, { once: true });
    try {
      return await promise;
    } finally {
      waiting.delete(resolve);
      signal?.removeEventListener('abort', abandon);
    }
  }

  async close(): Promise<void> {
    const live = this.records.filter(isLiveJob);
    for (const { id } of live) this.command({ verb: 'stop-job', job: id, cause: 'asked' });
    this.#life = 'closed';
    await Promise.all(live.map(({ id }) => this.ended(id, undefined)));
    this.#reaping[Symbol.dispose]();
  }

  /** SIGCHLD does not keep an application alive, and the streams may end before the process: whoever waits for it would never hear of its end. */
  #keepAlive(): void {
    const live = this.records.some(isLiveJob);
    if (live) this.#alive ??= setInterval(NOTHING, LONGEST_INTERVAL_MS);
    if (live) return;
    clearInterval(this.#alive);
    this.#alive = undefined;
  }

  #onEvent({ event }: RecordedEvent): void {
    this.#keepAlive();
    if (event.type === 'job-forgotten') this.#streams.delete(event.job);
    if (event.type !== 'job-ended') return;
    this.#streams.get(event.job)?.endSoon();
    const record = this.find(event.job);
    const waiting = this.#waiting.get(event.job) ?? [];
    this.#waiting.delete(event.job);
    if (record !== undefined) for (const resolve of waiting) resolve(record);
  }

  #createRuns(): RunProcessGroups {
    // Nothing of the library asks for resource control.
    const groups = { open: () => ({ group: undefined, degraded: [] }) };
    const programs = new ProgramLauncher(libc, this.#table, groups);
    const launchers = {
      services: new Launcher(libc, programs, 'absent'),
      jobs: new JobLauncher(libc, programs),
      orphans: 'elsewhere',
    } as const;
    return new RunProcessGroups(libc, this.#table, launchers, {
      exited: (owner, _run, exit, group) => {
        if (owner.kind === 'job') this.#engine.submit({ type: 'job-exited', job: owner.job, exit, group });
      },
      groupEmptied: (owner) => {
        if (owner.kind === 'job') this.#engine.submit({ type: 'job-group-emptied', job: owner.job });
      },
      straysFound: NOTHING,
      signalRefused: NOTHING,
    });
  }

  #createPorts(): EnginePorts {
    return {
      clock: this.#clock,
      calendar,
      random: Math.random,
      runs: this.#runs,
      plane: this.#createPlane(),
      fault: (where, error) => {
        // A mistake of ours must be seen, and the application must not be told it is its own.
        process.emitWarning(new Error(`bosun: ${where}`, { cause: error }));
      },
      ...WITHOUT_SERVICES,
    };
  }

  #createPlane(): PlanePort {
    return {
      publish: (events) => {
        for (const recorded of events) this.#onEvent(recorded);
      },
      reply: (_command, result) => {
        this.#answer = result;
      },
      lendJob: ({ job, stream, fd }) => {
        // Comes before the events of the job are published.
        const streams = this.#streams.get(job) ?? new ProcessStreams(this.#limitBytes);
        this.#streams.set(job, streams);
        streams.attach(stream, fd);
      },
      configured: NOTHING,
      requestApply: NOTHING,
    };
  }
}

const NO_COMMAND = { kind: 'failed', detail: 'there are no services' } as const;

/** What only services need. */
const WITHOUT_SERVICES: Omit<EnginePorts, 'clock' | 'calendar' | 'random' | 'runs' | 'plane' | 'fault'> = {
  logs: { lend: NOTHING, configured: NOTHING },
  attached: { attach: NOTHING, detach: NOTHING, signal: NOTHING, stop: NOTHING },
  probes: { start: () => ({ [Symbol.dispose]: NOTHING }) },
  notify: { open: () => ({ kind: 'failed', error: { code: 'ENOSYS', message: NO_COMMAND.detail } }) },
  watchNotify: () => ({ [Symbol.dispose]: NOTHING }),
  reload: () => Promise.resolve(NO_COMMAND),
  hook: () => Promise.resolve(NO_COMMAND),
  sweep: NOTHING,
  exit: NOTHING,
};
