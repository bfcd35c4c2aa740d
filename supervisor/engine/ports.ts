// What the engine needs of the outside, as types only. The adapters in os/, probe/ and plane/ have these shapes; main.ts joins
// them. Tests give fakes. Nothing here may wait: what takes time comes back as an input.
import type { ProcessQuery } from '../core/attachment.ts';
import type { CommandResult } from '../core/effect.ts';
import type { CommandOutcome, RecordedEvent } from '../core/event.ts';
import type { ExitStatus } from '../core/exit-status.ts';
import type { Fleet } from '../core/fleet.ts';
import type { ProbeAnswer } from '../core/input.ts';
import type { JobSpec } from '../core/job-spec.ts';
import type { JobId, Pid, RunId, ServiceName } from '../core/names.ts';
import type { Notice } from '../core/notice.ts';
import type { JobStream, OutputStream } from '../core/plane-message.ts';
import type { PlannedProbe } from '../core/probe-plan.ts';
import type { Calendar } from '../core/schedule.ts';
import type { FleetSpec, HookName, ServiceSpec, SignalName } from '../core/service-spec.ts';
import type { SpawnError } from '../core/service-state.ts';

export type ArmedTimer = { cancel(): void };

export type ClockPort = {
  nowMs(): number;
  wallMs(): number;
  /** Calls back once, never before this moment of the monotonic clock. */
  at(atMs: number, callback: () => void): ArmedTimer;
  /** The same for a moment of the wall clock, also when that clock is set meanwhile. */
  atWall(atMs: number, callback: () => void): ArmedTimer;
};

export type LaunchedPipes = {
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
  readonly notify: number | undefined;
};

export type LaunchRequest = {
  readonly run: RunId;
  readonly program: 'command' | 'down';
  /** Added to the service's own environment. */
  readonly environment: Readonly<Record<string, string>>;
};

export type LaunchResult =
  | {
      readonly kind: 'launched';
      readonly pid: Pid;
      readonly pipes: LaunchedPipes;
      /** What the run was promised and does not have, in words. */
      readonly degraded: readonly string[];
    }
  | { readonly kind: 'failed'; readonly error: SpawnError };

/** Our end of one of a job's streams. `terminal`: the master of its pseudo-terminal, both ways. */
export type JobEndpoint = { readonly stream: JobStream; readonly fd: number };

export type JobLaunchResult =
  | {
      readonly kind: 'launched';
      readonly pid: Pid;
      readonly ends: readonly JobEndpoint[];
      readonly degraded: readonly string[];
    }
  | { readonly kind: 'failed'; readonly error: SpawnError };

export type RunPort = {
  launchJob(spec: JobSpec, request: { readonly job: JobId; readonly run: RunId }): JobLaunchResult;
  launch(spec: ServiceSpec, request: LaunchRequest): LaunchResult;
  /** With SIGCONT after it. */
  signalGroup(run: RunId, signal: SignalName): void;
  /** Without SIGCONT: what is only passed on. */
  signalGroupOnly(run: RunId, signal: SignalName): void;
  signalLeader(run: RunId, signal: SignalName): void;
  /** To the leader alone, with SIGCONT after it. */
  stopLeader(run: RunId, signal: SignalName): void;
  /** Another process of the run is its leader from now on. */
  followLeader(run: RunId, pid: Pid): void;
};

/** Processes that Bosun did not start, by the run of the attached service. What is seen of them comes back as inputs. */
export type AttachPort = {
  /** Looks for it until it is found or let go of. */
  attach(service: ServiceName, run: RunId, query: ProcessQuery): void;
  /** Nothing is sent to it. */
  detach(run: RunId): void;
  /** To that process only. */
  signal(run: RunId, signal: SignalName): void;
  /** With SIGCONT after it. */
  stop(run: RunId, signal: SignalName): void;
};

export type ProbePort = {
  /** `launchedAtMs`: when the run's process was, on the monotonic clock. */
  start(
    spec: ServiceSpec,
    planned: PlannedProbe,
    launchedAtMs: number,
    report: (answer: ProbeAnswer) => void,
  ): Disposable;
};

/** Where a service tells of itself by sd_notify(3), for one run. */
export type NotifyChannel = Disposable & {
  /** NOTIFY_SOCKET, and WATCHDOG_USEC where there is a watchdog. */
  readonly environment: Readonly<Record<string, string>>;
  /** From now on its watchdog counts. Said again it changes nothing. */
  started(): void;
};

/** `descriptor`: of the pipe, while it is open. */
export type NotifyWatch = Disposable & { readonly descriptor?: number | undefined };

export type NotifyObserver = {
  notified(notices: readonly Notice[]): void;
  /** No WATCHDOG=1 in time, or WATCHDOG=trigger. */
  watchdogFailed(reason: string): void;
};

export type NotifyPort = {
  /** Opened before the launch, closed at the end of the run; taken up again where another process image has opened it. */
  open(
    spec: ServiceSpec,
    run: RunId,
    observer: NotifyObserver,
  ): NotifyChannel | { readonly kind: 'failed'; readonly error: SpawnError };
};

export type HookRequest = {
  readonly hook: HookName;
  readonly run: RunId;
  /** The leader, while there is one. */
  readonly pid: Pid | undefined;
  /** How the run ended, for what comes after it. */
  readonly exit: ExitStatus | undefined;
};

export type EnginePorts = {
  readonly clock: ClockPort;
  readonly calendar: Calendar;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly runs: RunPort;
  readonly attached: AttachPort;
  readonly probes: ProbePort;
  readonly notify: NotifyPort;
  /** Watches a notification pipe, which it owns from then on. */
  readonly watchNotify: (fd: number, ready: () => void) => NotifyWatch;
  /** Runs the reload command; the signal ends it, with its whole group. */
  readonly reload: (spec: ServiceSpec, signal: AbortSignal) => Promise<CommandOutcome>;
  /** Runs a hook in the service's context, bounded by its own timeout; the signal ends it, with its whole group. */
  readonly hook: (spec: ServiceSpec, request: HookRequest, signal: AbortSignal) => Promise<CommandOutcome>;
  readonly sweep: (signal: 'SIGTERM' | 'SIGKILL') => void;
  readonly plane: PlanePort;
  readonly logs: LogPort;
  /** Ends the process with this code, once the log is written out or at `byMs`, monotonic. */
  readonly exit: (code: number, byMs: number) => void;
  /** A mistake of ours: told, and survived. */
  readonly fault: (where: string, error: unknown) => void;
};

/** The control plane as the engine sees it. Nothing here waits or throws. */
/** Our end of one of a service's streams. */
export type OutputEnd = {
  readonly run: RunId;
  readonly stream: OutputStream;
  readonly fd: number;
  readonly pid: Pid;
};

/** Who reads what services write. */
export type LogPort = {
  lend(spec: ServiceSpec, end: OutputEnd): void;
  /** What becomes of the output from now on; before the first pipe of a service that is new. */
  configured(spec: FleetSpec): void;
};

export type PlanePort = {
  publish(events: readonly RecordedEvent[], fleet: Fleet): void;
  reply(command: string, result: CommandResult): void;
  lendJob(end: JobEndpoint & { readonly job: JobId; readonly run: RunId }): void;
  /** Another specification from the next event on. `target`: what it is on its way to, while something runs by another. */
  configured(spec: FleetSpec, target: FleetSpec | undefined): void;
  /** Reads the configuration again; it comes back as a command, or not at all when it is wrong. */
  requestApply(actor: string): void;
};
