// The state of one job: a tagged union in which each variant carries only what is valid in it, as for services.
// A job never runs twice; it is live until its whole process group is gone.
import type { Actor } from './actor.ts';
import type { ExitStatus } from './exit-status.ts';
import type { JobInput } from './job-spec.ts';
import type { JobId, Pid, RunId, ServiceName } from './names.ts';
import type { SpawnError } from './service-state.ts';

/** `hangup`: whoever it was run for is gone. `leader-exited`: what is left of its process group is being ended. */
export type JobStopCause = 'asked' | 'hangup' | 'timeout' | 'shutdown' | 'leader-exited';

/** One after the other, with the job's stop interval in between; which one comes first depends on the cause. */
export type JobStopSignal = 'SIGHUP' | 'SIGINT' | 'SIGTERM' | 'SIGKILL';

export type JobEnd =
  | { readonly kind: 'exited'; readonly exit: ExitStatus }
  | {
      readonly kind: 'stopped';
      readonly cause: Exclude<JobStopCause, 'leader-exited'>;
      readonly exit: ExitStatus;
    }
  | { readonly kind: 'not-started'; readonly error: SpawnError };

export type StartingJob = {
  readonly kind: 'starting';
  /** Asked for before there was a process. */
  readonly stop: JobStopCause | undefined;
};
export type RunningJob = {
  readonly kind: 'running';
  readonly pid: Pid;
  /** Monotonic, 0 without one. */
  readonly deadlineMs: number;
};
export type StoppingJob = {
  readonly kind: 'stopping';
  readonly pid: Pid;
  readonly cause: JobStopCause;
  /** The last one that was sent. */
  readonly signal: JobStopSignal;
  /** Monotonic: when the next one is sent. */
  readonly nextAtMs: number;
  /** Of the leader, once it has been waited for. */
  readonly exit: ExitStatus | undefined;
};
export type EndedJob = { readonly kind: 'ended'; readonly end: JobEnd; readonly endedAtMs: number };

export type JobState = StartingJob | RunningJob | StoppingJob | EndedJob;

export type JobRecord = {
  readonly id: JobId;
  readonly run: RunId;
  readonly shown: readonly string[];
  readonly context: ServiceName | undefined;
  readonly input: JobInput['kind'];
  readonly owner: Actor;
  readonly stopIntervalMs: number;
  readonly timeoutMs: number;
  readonly outputLimitBytes: number;
  /** Monotonic. */
  readonly requestedAtMs: number;
  readonly degraded: readonly string[];
  readonly state: JobState;
};

/** Of those that have ended, the newest are remembered. */
export const MOST_ENDED_JOBS = 500;
export const MOST_LIVE_JOBS = 500;

export function isLiveJob({ state }: JobRecord): boolean {
  return state.kind !== 'ended';
}
