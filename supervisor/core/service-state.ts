// The states of one service: a tagged union in which each variant carries only what is valid in it.
// Which event leads from which to which is evolve.ts; what asks for it, decide.ts.
import type { ExitStatus } from './exit-status.ts';
import type { Pid, RunId } from './names.ts';

/** A spawn has been asked for, or has given a process. */
export type RunProcess = { readonly kind: 'launching' } | { readonly kind: 'launched'; readonly pid: Pid };

/** Why a run is being ended. Together with the wanted state it decides what comes after. */
export type StopCause =
  /** The operator, or the stop of something that needs it, wants it down. */
  | 'requested'
  /** The operator wants a new run. */
  | 'restart'
  /** A dependency with `restart: true` has been started anew. */
  | 'dependency-restarted'
  | 'shutdown'
  | 'startup-timeout'
  | 'liveness-failed'
  /** The leader ended by itself; what is left of its process group is being ended. */
  | 'leader-exited';

/** Consecutive failures; both start from 0 in every run. */
export type ProbeFailures = { readonly readiness: number; readonly liveness: number };

/** Why a run ended without anybody having asked for it. */
export type EndReason =
  | { readonly kind: 'exit'; readonly exit: ExitStatus }
  | { readonly kind: 'spawn'; readonly error: SpawnError }
  | { readonly kind: 'startup-timeout'; readonly exit: ExitStatus }
  | { readonly kind: 'liveness'; readonly exit: ExitStatus };

/** posix_spawn(3) failed; `code` is the errno's name. */
export type SpawnError = { readonly code: string; readonly message: string };

export type StoppedState = { readonly kind: 'stopped' };
export type WaitingState = { readonly kind: 'waiting' };
export type StartingState = {
  readonly kind: 'starting';
  readonly run: RunId;
  readonly process: RunProcess;
  /** Monotonic. */
  readonly startedAtMs: number;
  /** The last probe's answer, for `why`. */
  readonly lastProbeError: string;
  /** A reload that came too early is not lost. */
  readonly whenReady: 'nothing' | 'reload';
};
export type RunningState = {
  readonly kind: 'running';
  readonly run: RunId;
  readonly pid: Pid;
  readonly startedAtMs: number;
  readonly readyAtMs: number;
  readonly failures: ProbeFailures;
};
export type UnreadyState = {
  readonly kind: 'unready';
  readonly run: RunId;
  readonly pid: Pid;
  readonly startedAtMs: number;
  readonly reason: string;
  readonly failures: ProbeFailures;
};
export type StoppingState = {
  readonly kind: 'stopping';
  readonly run: RunId;
  readonly process: RunProcess;
  readonly cause: StopCause;
  readonly startedAtMs: number;
  /** SIGKILL goes to the group at this monotonic time. */
  readonly killAtMs: number;
  readonly escalation: 'asked' | 'killed';
  /** How the leader ended; undefined while it lives. */
  readonly exit: ExitStatus | undefined;
};
export type BackoffState = {
  readonly kind: 'backoff';
  readonly reason: EndReason;
  readonly delayMs: number;
  readonly untilMs: number;
};
export type CompletedState = { readonly kind: 'completed'; readonly exit: ExitStatus };
export type FailedState = { readonly kind: 'failed'; readonly reason: EndReason };
export type SkippedState = { readonly kind: 'skipped'; readonly reason: string };

export type ServiceState =
  | StoppedState
  | WaitingState
  | StartingState
  | RunningState
  | UnreadyState
  | StoppingState
  | BackoffState
  | CompletedState
  | FailedState
  | SkippedState;

export type StateName = ServiceState['kind'];

/** The states in which a run exists, with or without a process yet. */
export type LiveState = StartingState | RunningState | UnreadyState | StoppingState;

export function isLive(state: ServiceState): state is LiveState {
  return (
    state.kind === 'starting' ||
    state.kind === 'running' ||
    state.kind === 'unready' ||
    state.kind === 'stopping'
  );
}

/** The leader's pid, when there is a process. */
export function pidOf(state: ServiceState): Pid | undefined {
  switch (state.kind) {
    case 'running':
    case 'unready':
      return state.pid;
    case 'starting':
    case 'stopping':
      return state.process.kind === 'launched' ? state.process.pid : undefined;
    case 'stopped':
    case 'waiting':
    case 'backoff':
    case 'completed':
    case 'failed':
    case 'skipped':
      return undefined;
  }
}
