// Bosun's engine as a library: runs processes for an application inside its own process. It does no I/O beside them: it prints
// nothing, listens nowhere and writes no file; what becomes of their output is the application's business.
import type { Writable } from 'node:stream';
import type { ExitStatus } from '../core/exit-status.ts';
import { PLAIN_EXECUTION, NO_RESOURCE_CONTROL, type Identity } from '../core/execution-spec.ts';
import type { JobRecord } from '../core/job.ts';
import type { JobSpec } from '../core/job-spec.ts';
import type { JobId } from '../core/names.ts';
import type { SignalName } from '../core/service-spec.ts';
import { ProcessNotFound, ProcessNotStarted } from './failure.ts';
export { ProcessNotFound, ProcessNotStarted } from './failure.ts';
import { ProcessHost } from './process-host.ts';
import type { OutputName } from './process-streams.ts';

/** Counts from 1 for each manager; never reused. */
export type ProcessId = number;

export type StartOptions = {
  /** The program, looked up in the PATH of `environment` when it has no slash, and its arguments. */
  readonly command: readonly [string, ...string[]];
  /** The whole environment; that of the application when it is left out. */
  readonly environment?: Readonly<Record<string, string>>;
  /** That of the application when it is left out. */
  readonly workingDir?: string;
  /** Needs the privileges to change to it: setuid(2), setgroups(2). */
  readonly identity?: Identity;
  /** `stream`: it can be written to, see `input`. Without it stdin is /dev/null. */
  readonly input?: 'none' | 'stream';
  /** Between SIGINT and SIGTERM, and between SIGTERM and SIGKILL, of a stop; 5000 when it is left out. */
  readonly stopIntervalMs?: number;
  /** Stopped after this time. */
  readonly timeoutMs?: number;
  /** Of output that is kept in memory, for each of the two streams; 16 MiB when it is left out. */
  readonly outputLimitBytes?: number;
};

export type ProcessOutput = {
  readonly keptBytes: number;
  /** Read after the limit was reached, and lost. */
  readonly droppedBytes: number;
};

export type ProcessStatus = {
  readonly id: ProcessId;
  readonly command: readonly string[];
  readonly stdout: ProcessOutput;
  readonly stderr: ProcessOutput;
} & ProcessCondition;

/** A process has ended when its whole process group has. `exit`: of the process itself. */
export type ProcessCondition =
  | { readonly state: 'running'; readonly pid: number }
  | { readonly state: 'stopping'; readonly pid: number }
  /** By itself. */
  | { readonly state: 'exited'; readonly exit: ExitStatus }
  /** Because `stop` was called, or its time was over. */
  | { readonly state: 'stopped'; readonly exit: ExitStatus };

export type Cancel = { readonly signal?: AbortSignal };

const STOP_INTERVAL_MS = 5000;
const OUTPUT_LIMIT_BYTES = 16_777_216;

/**
 * Starts, stops, queries and streams processes. Of those that have ended the newest 500 are remembered. At most 500 live at once.
 * Closing it ends them all; without it they outlive the application, as children of whoever adopts orphans.
 */
export class ProcessManager implements AsyncDisposable {
  readonly #host = new ProcessHost();

  /** Returns when the program has been executed. Throws ProcessNotStarted with the errno of posix_spawn(3). */
  start(options: StartOptions): ProcessId {
    const { result, record } = this.#host.run(specOf(options));
    if (result.kind === 'refused') throw new ProcessNotStarted('EAGAIN', result.error.message);
    if (record === undefined) throw new ProcessNotStarted('ECANCELED', 'the process manager is closed');
    const { state } = record;
    if (state.kind === 'ended' && state.end.kind === 'not-started')
      throw new ProcessNotStarted(state.end.error.code, state.end.error.message);
    return record.id;
  }

  /** Undefined: there is none with this id, or it ended so long ago that it is forgotten. */
  query(id: ProcessId): ProcessStatus | undefined {
    const record = this.#host.find(id as JobId);
    return record === undefined ? undefined : this.#statusOf(record);
  }

  /** All that are remembered, oldest first. */
  list(): readonly ProcessStatus[] {
    return this.#host.records.map((record) => this.#statusOf(record));
  }

  /**
   * SIGINT, SIGTERM and SIGKILL to its process group, with an interval in between; resolves when all of it has ended.
   * Rejects with ProcessNotFound, or with the signal's reason, which does not take the stop back.
   */
  async stop(id: ProcessId, { signal }: Cancel = {}): Promise<ProcessStatus> {
    this.#host.command({ verb: 'stop-job', job: this.#known(id).id, cause: 'asked' });
    return await this.wait(id, signal === undefined ? {} : { signal });
  }

  /** To the process alone. Nothing happens when it has ended. Throws ProcessNotFound. */
  signal(id: ProcessId, signal: SignalName): void {
    this.#host.command({ verb: 'signal-job', job: this.#known(id).id, signal });
  }

  /** Resolves when it has ended. Rejects with ProcessNotFound, or with the signal's reason. */
  async wait(id: ProcessId, { signal }: Cancel = {}): Promise<ProcessStatus> {
    return this.#statusOf(await this.#host.ended(this.#known(id).id, signal));
  }

  /**
   * What it has written to the stream, from the first byte, and what it goes on to write, until its end. Any number of readers,
   * at any time. The chunks are shared between them: do not write to them. Throws ProcessNotFound.
   */
  stream(
    id: ProcessId,
    stream: OutputName,
    { signal }: Cancel = {},
  ): AsyncGenerator<Buffer, void, undefined> {
    return this.#host.streams(this.#known(id).id).output(stream).read(signal);
  }

  /** Its stdin; undefined without `input: 'stream'`. Ending it gives the process the end of its input. Throws ProcessNotFound. */
  input(id: ProcessId): Writable | undefined {
    return this.#host.streams(this.#known(id).id).input;
  }

  /** Stops all of them and resolves when they have ended. Nothing can be started any more. */
  async close(): Promise<void> {
    await this.#host.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #known(id: ProcessId): JobRecord {
    const record = this.#host.find(id as JobId);
    if (record === undefined) throw new ProcessNotFound(id);
    return record;
  }

  #statusOf(record: JobRecord): ProcessStatus {
    const streams = this.#host.streams(record.id);
    const { keptBytes, droppedBytes } = streams.output('stdout');
    const stderr = streams.output('stderr');
    return {
      id: record.id,
      command: record.shown,
      stdout: { keptBytes, droppedBytes },
      stderr: { keptBytes: stderr.keptBytes, droppedBytes: stderr.droppedBytes },
      ...conditionOf(record),
    };
  }
}

function conditionOf({ id, state }: JobRecord): ProcessCondition {
  switch (state.kind) {
    case 'running':
    case 'stopping':
      return { state: state.kind, pid: state.pid };
    case 'ended':
      if (state.end.kind === 'not-started') break;
      return { state: state.end.kind, exit: state.end.exit };
    case 'starting':
      break;
  }
  // `start` returns or throws only when it is known, and gives nobody the id of one that was not started.
  throw new ProcessNotFound(id);
}

function specOf({ command, ...options }: StartOptions): JobSpec {
  return {
    command,
    shown: command,
    environment: options.environment ?? definedOnly(process.env),
    workingDir: options.workingDir ?? process.cwd(),
    execution: { ...PLAIN_EXECUTION, identity: options.identity },
    resourceControl: NO_RESOURCE_CONTROL,
    context: undefined,
    input: { kind: options.input ?? 'none' },
    stopIntervalMs: options.stopIntervalMs ?? STOP_INTERVAL_MS,
    timeoutMs: options.timeoutMs ?? 0,
    outputLimitBytes: options.outputLimitBytes ?? OUTPUT_LIMIT_BYTES,
  };
}

function definedOnly(environment: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
