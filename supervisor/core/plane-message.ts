// What the engine and the control plane say to each other across the thread border. Types only; all of it survives
// structured cloning. The engine never waits for an answer.
import type { ApplicationEvent } from './application-event.ts';
import type { SharedCounters } from './counter-board.ts';
import type { RecordedEvent } from './event.ts';
import type { CommandResult } from './effect.ts';
import type { Fleet } from './fleet.ts';
import type { Command } from './input.ts';
import type { AuditEvent } from './event.ts';
import type { ListenerSpec, SocketRule } from './control-access.ts';
import type { LogFormat, LogPlaces, LogSinkSpec } from './log-spec.ts';
import type { JobId, RunId, ServiceName } from './names.ts';
import type { FleetSpec } from './service-spec.ts';

export type OutputStream = 'stdout' | 'stderr';

export type PlaneSettings = {
  readonly version: string;
  readonly socketPath: string;
  readonly logFormat: LogFormat;
  /** Bosun's own uid: the one besides root that may do everything. */
  readonly ownUid: number;
  readonly enginePid: number;
  readonly configuration: ConfigurationSource;
  /** An absolute path of a directory that only Bosun writes to: the journal, the output of jobs, API keys. */
  readonly stateDir: string;
  readonly journal: JournalLimits;
  /** As LogSettings has them. */
  readonly spoolDir: string;
  readonly sinks: readonly LogSinkSpec[];
  /** Who besides root and Bosun's own user may use the control socket. */
  readonly socketRules: readonly SocketRule[];
  readonly listeners: readonly ListenerSpec[];
  readonly tracing: TracingSpec | undefined;
};

/** A receiver of OTLP over HTTP, to which spans are posted. */
export type TracingSpec = { readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** Of the journal's files, the one that is written to included. */
export type JournalLimits = {
  readonly segmentEvents: number;
  readonly segmentBytes: number;
  readonly keep: number;
};

/** Where the configuration is read from, also later, and what the command line adds to it each time. */
export type ConfigurationSource = {
  readonly directory: string;
  /** After `--`; empty when there is none. */
  readonly command: readonly string[];
  /** The option, which wins over the file; undefined when it was not given. */
  readonly shutdownBudgetMs: number | undefined;
  /** What bosun.yaml says that holds until Bosun ends, by key, as it was at the start. */
  readonly fixed: Readonly<Record<string, string>>;
  /** Of such keys, those that an option decides. */
  readonly overridden: readonly string[];
  readonly logs: LogPlaces;
};

/** A pipe end lent to the logs' thread. The descriptor stays the engine's, which closes it when it is told that the pipe is drained. */
export type LentPipe = {
  readonly service: ServiceName;
  readonly run: RunId;
  readonly stream: OutputStream;
  /** Of the run's leader when it began. */
  readonly pid: number;
  readonly fd: number;
  /**
   * The unfinished line: 4 bytes of length (native order), then up to MAX_LINE_BYTES, growable. A thread that dies leaves
   * it to the next one.
   */
  readonly carry: SharedArrayBuffer;
  /** Lines that mean something to the engine: the first match of each is told to it, once. */
  readonly watched: readonly WatchedLine[];
};

export type WatchedLine = { readonly purpose: 'startup' | 'readiness'; readonly pattern: string };

/** `terminal`: the master of the pseudo-terminal that is all three streams of the job. `stdin`: to be written to. */
export type JobStream = 'stdin' | 'stdout' | 'stderr' | 'terminal';

/**
 * One end of a job's streams, lent as a pipe of a service is, again to each next worker; after the job's `job-requested`, perhaps before its
 * `job-spawned`. The engine keeps its own until `job-end-done`; that of stdin until the job has ended at the latest, so the receiver closes
 * its copy then too. A stray may hold an output open for ever: of a job that has ended the receiver reads what is there, and is done.
 */
export type LentJobEnd = {
  readonly job: JobId;
  readonly run: RunId;
  readonly stream: JobStream;
  readonly fd: number;
};

/** Longer lines are split. */
export const MAX_LINE_BYTES = 65_536;
export const CARRY_HEADER_BYTES = 4;

/** Another program is to take the place of this one. `id`: of the request; a repetition of it is not another one. */
export type UpgradeRequest = {
  readonly id: string;
  readonly actor: string;
  /** How long what is under way may take to end. */
  readonly waitMs: number;
};

export type UpgradeAnswer =
  /** From here on there is nothing to wait for but the event. */
  | { readonly kind: 'accepted'; readonly from: string; readonly to: string }
  /** What is in the way, in words. */
  | { readonly kind: 'blocked'; readonly by: readonly string[] }
  /** The new program does not start, or cannot take this state over. */
  | { readonly kind: 'refused'; readonly reason: string };

export type ToPlane =
  | {
      readonly type: 'hello';
      readonly settings: PlaneSettings;
      readonly spec: FleetSpec;
      /** The configuration that is on its way, while something still runs by another. */
      readonly target: FleetSpec | undefined;
      /** The state after the event with `lastEventId`. */
      readonly fleet: Fleet;
      readonly lastEventId: number;
      /** The newest events up to `lastEventId`, oldest first, bounded. */
      readonly recentEvents: readonly RecordedEvent[];
      /** What stands in Bosun's own log already, written by the control plane of another process image. */
      readonly toldUpToId?: number;
    }
  | {
      readonly type: 'events';
      readonly events: readonly RecordedEvent[];
      /** Where a `configured` event is among them: the specification from then on. */
      readonly spec: FleetSpec | undefined;
      /** With `spec`: the configuration that is on its way, while something still runs by another. */
      readonly target: FleetSpec | undefined;
    }
  /** SIGHUP: read the configuration and ask for it to be applied. */
  | { readonly type: 'apply-requested'; readonly actor: string }
  /** The channel to the logs' thread, in place of the one before; `bell` is an eventfd(2) that is written to after each message on it. */
  | {
      readonly type: 'logs';
      readonly port: MessagePort;
      readonly bell: number;
      /** log-board.ts has what is in it. */
      readonly board: SharedArrayBuffer;
    }
  /** In place of those before. */
  | { readonly type: 'counters'; readonly counters: SharedCounters }
  | { readonly type: 'lend-job'; readonly end: LentJobEnd }
  | { readonly type: 'reply'; readonly command: string; readonly result: CommandResult }
  | { readonly type: 'upgrade-answered'; readonly id: string; readonly answer: UpgradeAnswer }
  /**
   * The last message: write out what is there, answer `flushed`, take no more commands. `handOver`: somebody goes on reading, so that
   * what is in the jobs' pipes stays there.
   */
  | { readonly type: 'finish'; readonly handOver?: 'yes' }
  /** Fault injection: throw. */
  | { readonly type: 'break' };

export type FromPlane =
  | { readonly type: 'listening'; readonly socketPath: string }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'upgrade-requested'; readonly request: UpgradeRequest }
  /** The end is not needed any more: its stream has been read to its end, or the input is complete. */
  | { readonly type: 'job-end-done'; readonly run: RunId; readonly stream: JobStream }
  /** For the audit trail; it comes back as an event with an id. */
  | {
      readonly type: 'note';
      readonly event: AuditEvent | ApplicationEvent;
      readonly actor: string;
      readonly command: string;
    }
  /** Every event up to this id is on the disk. */
  | { readonly type: 'journaled'; readonly upToId: number }
  | { readonly type: 'flushed' };
