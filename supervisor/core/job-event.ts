// The events of jobs: facts in the past tense, enough of them to rebuild the state of each. Times are monotonic milliseconds.
import type { Actor } from './actor.ts';
import type { ExitStatus } from './exit-status.ts';
import type { JobEnd, JobStopCause, JobStopSignal } from './job.ts';
import type { JobInput } from './job-spec.ts';
import type { JobId, Pid, RunId, ServiceName } from './names.ts';
import type { SignalName } from './service-spec.ts';
import type { Stray } from './stray.ts';

export type JobEvent =
  | {
      readonly type: 'job-requested';
      readonly job: JobId;
      readonly run: RunId;
      readonly shown: readonly string[];
      readonly context: ServiceName | undefined;
      readonly input: JobInput['kind'];
      readonly owner: Actor;
      readonly stopIntervalMs: number;
      readonly timeoutMs: number;
      readonly outputLimitBytes: number;
      readonly atMs: number;
    }
  | {
      readonly type: 'job-spawned';
      readonly job: JobId;
      readonly run: RunId;
      readonly pid: Pid;
      readonly degraded: readonly string[];
      readonly atMs: number;
    }
  | {
      readonly type: 'job-stopping';
      readonly job: JobId;
      readonly cause: JobStopCause;
      /** How the leader ended, when that is the cause. */
      readonly exit: ExitStatus | undefined;
    }
  /** One of the signals that stop it was sent; the next one is due at `nextAtMs`. */
  | {
      readonly type: 'job-pressed';
      readonly job: JobId;
      readonly signal: JobStopSignal;
      readonly nextAtMs: number;
    }
  /** What the operator sent. */
  | { readonly type: 'job-signalled'; readonly job: JobId; readonly signal: SignalName }
  /** While it was being stopped: others of its process group are still there. */
  | { readonly type: 'job-leader-exited'; readonly job: JobId; readonly exit: ExitStatus }
  /** Processes that left its session are left alone, and told, also when it has ended. */
  | { readonly type: 'job-strays-found'; readonly job: JobId; readonly strays: readonly Stray[] }
  | { readonly type: 'job-ended'; readonly job: JobId; readonly end: JobEnd; readonly atMs: number }
  /** So many have ended since that nothing is kept of it any more. */
  | { readonly type: 'job-forgotten'; readonly job: JobId };
