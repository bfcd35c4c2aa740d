// What can happen to the engine: everything `decide` is ever told. Inputs of an old run are dropped there.
import type { Actor } from './actor.ts';
import type { ProbePurpose, CommandOutcome } from './event.ts';
import type { Stray } from './stray.ts';
import type { ExitStatus } from './exit-status.ts';
import type { JobSpec } from './job-spec.ts';
import type { JobId, Pid, RunId, ServiceName } from './names.ts';
import type { Notice } from './notice.ts';
import type { FleetSpec, HookName, SignalName } from './service-spec.ts';
import type { SpawnError } from './service-state.ts';
import type { FleetTimerName, TimerName } from './timer-name.ts';

/** Something asked for over the control API. `id` comes back in the events and in the reply. */
export type Command = { readonly id: string; readonly actor: Actor } & CommandVerb;

export type CommandVerb =
  | { readonly verb: 'start'; readonly services: readonly ServiceName[] }
  | { readonly verb: 'stop'; readonly services: readonly ServiceName[] }
  | { readonly verb: 'restart'; readonly services: readonly ServiceName[] }
  | { readonly verb: 'reload'; readonly services: readonly ServiceName[] }
  | { readonly verb: 'signal'; readonly services: readonly ServiceName[]; readonly signal: SignalName }
  /** Another configuration takes the place of this one; only what differs is restarted. */
  | { readonly verb: 'apply'; readonly target: FleetSpec }
  | { readonly verb: 'run-job'; readonly spec: JobSpec }
  /** `hangup`: nobody is there any more for whom it was run. */
  | { readonly verb: 'stop-job'; readonly job: JobId; readonly cause: 'asked' | 'hangup' }
  | { readonly verb: 'signal-job'; readonly job: JobId; readonly signal: SignalName }
  | { readonly verb: 'shutdown' };

/** What is taken over from an earlier life of Bosun, where its state was kept. */
export type Resume = {
  /** What the operator had stopped stays stopped (promise P7). */
  readonly stopped: readonly ServiceName[];
  readonly nextJob: JobId;
};

export type Input =
  | { readonly type: 'boot'; readonly resume?: Resume }
  | { readonly type: 'command'; readonly command: Command }
  | { readonly type: 'signal-received'; readonly signal: SignalName; readonly number: number }
  | {
      readonly type: 'spawned';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly pid: Pid;
      readonly degraded: readonly string[];
    }
  | {
      readonly type: 'spawn-failed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly error: SpawnError;
    }
  /** A process that Bosun did not start is not there, or not yet. */
  | {
      readonly type: 'looked';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly finding: string;
    }
  | {
      readonly type: 'attached';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly pid: Pid;
      readonly others: readonly Stray[];
      readonly degraded: readonly string[];
    }
  /** The leader has been waited for. `group`: whether others of its process group are still there. */
  | {
      readonly type: 'exited';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly exit: ExitStatus;
      readonly group: 'empty' | 'populated';
    }
  | { readonly type: 'group-emptied'; readonly service: ServiceName; readonly run: RunId }
  | {
      readonly type: 'probed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly purpose: ProbePurpose;
      readonly answer: ProbeAnswer;
    }
  | {
      readonly type: 'reloaded';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly outcome: CommandOutcome;
    }
  | {
      readonly type: 'hook-finished';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly hook: HookName;
      readonly outcome: CommandOutcome;
    }
  /** One datagram of sd_notify(3). */
  | {
      readonly type: 'notified';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly notices: readonly Notice[];
    }
  | {
      readonly type: 'strays-found';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly strays: readonly Stray[];
    }
  | {
      readonly type: 'timer';
      readonly service: ServiceName;
      readonly run: RunId | 0;
      readonly timer: TimerName;
    }
  | { readonly type: 'fleet-timer'; readonly timer: FleetTimerName }
  | {
      readonly type: 'job-spawned';
      readonly job: JobId;
      readonly run: RunId;
      readonly pid: Pid;
      readonly degraded: readonly string[];
    }
  | { readonly type: 'job-spawn-failed'; readonly job: JobId; readonly error: SpawnError }
  /** The leader has been waited for. */
  | {
      readonly type: 'job-exited';
      readonly job: JobId;
      readonly exit: ExitStatus;
      readonly group: 'empty' | 'populated';
    }
  | { readonly type: 'job-group-emptied'; readonly job: JobId }
  | { readonly type: 'job-strays-found'; readonly job: JobId; readonly strays: readonly Stray[] }
  | { readonly type: 'job-timer'; readonly job: JobId; readonly run: RunId }
  /** Nothing but Bosun lives any more. */
  | { readonly type: 'swept' };

export type ProbeAnswer = { readonly kind: 'ok' } | { readonly kind: 'failed'; readonly reason: string };

/** Time and chance, which the core must not have of its own. */
export type Moment = {
  /** CLOCK_MONOTONIC in milliseconds. */
  readonly nowMs: number;
  /** Milliseconds since the epoch: only what is due by the calendar depends on it. */
  readonly wallMs: number;
  /** Uniform in [0, 1): the jitter of the back-off. */
  readonly random: number;
};
