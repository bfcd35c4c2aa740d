// What the engine needs of the outside, as it sees it: by run and by service, never by pid or descriptor.
// os/ and probe/ implement these; main.ts joins them.
import type { RecordedEvent, ReloadOutcome } from '../core/event.ts';
import type { CommandResult } from '../core/effect.ts';
import type { Fleet } from '../core/fleet.ts';
import type { ProbeAnswer } from '../core/input.ts';
import type { Pid, RunId } from '../core/names.ts';
import type { PlannedProbe } from '../core/probe-plan.ts';
import type { OutputStream } from '../core/plane-message.ts';
import type { ServiceSpec, SignalName } from '../core/service-spec.ts';
import type { SpawnError } from '../core/service-state.ts';

export type ArmedTimer = { cancel(): void };

export type ClockPort = {
  nowMs(): number;
  wallMs(): number;
  at(atMs: number, callback: () => void): ArmedTimer;
};

export type LaunchedPipes = {
  readonly stdout: number | undefined;
  readonly stderr: number | undefined;
  readonly notify: number | undefined;
};

export type LaunchResult =
  | { readonly kind: 'launched'; readonly pid: Pid; readonly pipes: LaunchedPipes }
  | { readonly kind: 'failed'; readonly error: SpawnError };

export type RunPort = {
  launch(spec: ServiceSpec, run: RunId): LaunchResult;
  /** With SIGCONT after it. */
  signalGroup(run: RunId, signal: SignalName): void;
  /** Without SIGCONT: what is only passed on. */
  signalGroupOnly(run: RunId, signal: SignalName): void;
  signalLeader(run: RunId, signal: SignalName): void;
};

export type ProbePort = {
  start(spec: ServiceSpec, planned: PlannedProbe, report: (answer: ProbeAnswer) => void): Disposable;
};

export type EnginePorts = {
  readonly clock: ClockPort;
  /** Uniform in [0, 1). */
  readonly random: () => number;
  readonly runs: RunPort;
  readonly probes: ProbePort;
  /** Watches a notification pipe, which it owns from then on. */
  readonly watchNotify: (fd: number, ready: () => void) => Disposable;
  /** Runs the reload command; the signal ends it, with its whole group. */
  readonly reload: (spec: ServiceSpec, signal: AbortSignal) => Promise<ReloadOutcome>;
  readonly sweep: (signal: 'SIGTERM' | 'SIGKILL') => void;
  readonly plane: PlanePort;
  /** Ends the process with this code, once the log is written out or at `byMs`, monotonic. */
  readonly exit: (code: number, byMs: number) => void;
  /** A mistake of ours: told, and survived. */
  readonly fault: (where: string, error: unknown) => void;
};

/** The control plane as the engine sees it. Nothing here waits or throws. */
export type PlanePort = {
  publish(events: readonly RecordedEvent[], fleet: Fleet): void;
  reply(command: string, result: CommandResult): void;
  lend(spec: ServiceSpec, run: RunId, stream: OutputStream, readEnd: number): void;
};
