// The states of one service: a tagged union in which each variant carries only what is valid in it.
// Which event leads from which to which is evolve.ts; what asks for it, decide.ts.
import type { ExitStatus } from './exit-status.ts';
import type { Pid, RunId } from './names.ts';
import type { Due } from './schedule.ts';
import type { HookName } from './service-spec.ts';

/** The hook before the start is under way, a spawn has been asked for, a process is looked for, or there is one. */
export type RunProcess =
  | { readonly kind: 'preparing' }
  /** Of an attached service. `finding`: why it has not been found, for people; empty before the first look. */
  | { readonly kind: 'looking'; readonly finding: string }
  | { readonly kind: 'launching' }
  | { readonly kind: 'launched'; readonly pid: Pid };

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
  /** A hook that must succeed did not. */
  | 'hook-failed'
  /** The configuration has another version of it, or none any more. */
  | 'reconfigured'
  /** The leader ended by itself; what is left of its process group is being ended. */
  | 'leader-exited';

/** Answers in a row; all start from 0 in every run. */
export type ProbeCounts = {
  readonly readinessSuccesses: number;
  readonly readinessFailures: number;
  readonly livenessFailures: number;
};

/** Why a run ended without anybody having asked for it. */
export type EndReason =
  | { readonly kind: 'exit'; readonly exit: ExitStatus }
  | { readonly kind: 'spawn'; readonly error: SpawnError }
  /** `exit` is undefined of an attached process, which is left alone. */
  | { readonly kind: 'startup-timeout'; readonly exit: ExitStatus | undefined }
  /** An attached service: no such process in time. `finding`: what the last look said. */
  | { readonly kind: 'not-found'; readonly finding: string; readonly exit: undefined }
  | { readonly kind: 'liveness'; readonly exit: ExitStatus }
  /** `exit` is undefined when the hook failed before there was a process. */
  | {
      readonly kind: 'hook';
      readonly hook: HookName;
      readonly detail: string;
      readonly exit: ExitStatus | undefined;
    };

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
  /** Whether the startup probe has passed, if there is one. */
  readonly startup: 'pending' | 'passed';
  /** The startup timeout does not end before this monotonic time: EXTEND_TIMEOUT_USEC of sd_notify(3). */
  readonly extendedToMs: number;
  /** The last probe's answer, for `why`. */
  readonly lastProbeError: string;
  readonly counts: ProbeCounts;
  /** A reload that came too early is not lost. */
  readonly whenReady: 'nothing' | 'reload';
};
export type RunningState = {
  readonly kind: 'running';
  readonly run: RunId;
  readonly pid: Pid;
  readonly startedAtMs: number;
  readonly readyAtMs: number;
  readonly counts: ProbeCounts;
  /** A reload has begun, by RELOADING=1 or by a command of ours, and its end has not been told. */
  readonly reload: 'none' | 'under-way';
};
export type UnreadyState = {
  readonly kind: 'unready';
  readonly run: RunId;
  readonly pid: Pid;
  readonly startedAtMs: number;
  readonly reason: string;
  readonly counts: ProbeCounts;
};
/**
 * How far the end of a run has come. `pre-stop`: that hook is under way. `asked`: the stop signal was sent or the stop command
 * started. `killed`: SIGKILL was sent. `post-stop`: every process is gone and that hook is under way. `down`: a completed oneshot
 * is being undone by a run of its own.
 */
export type StopStep = 'pre-stop' | 'asked' | 'killed' | 'post-stop' | 'down';

export type StoppingState = {
  readonly kind: 'stopping';
  readonly run: RunId;
  readonly process: RunProcess;
  readonly cause: StopCause;
  readonly startedAtMs: number;
  /** SIGKILL at this monotonic time. */
  readonly killAtMs: number;
  readonly step: StopStep;
  /** How the leader ended; undefined while it lives. */
  readonly exit: ExitStatus | undefined;
};
export type BackoffState = {
  readonly kind: 'backoff';
  readonly reason: EndReason;
  readonly delayMs: number;
  readonly untilMs: number;
};
/** A timer between two runs. */
export type ScheduledState = { readonly kind: 'scheduled'; readonly due: Due };
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
  | ScheduledState
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

/** An attached one whose process is still looked for. */
export function isSought(state: ServiceState): boolean {
  return state.kind === 'starting' && state.process.kind === 'looking';
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
    case 'scheduled':
    case 'completed':
    case 'failed':
    case 'skipped':
      return undefined;
  }
}
