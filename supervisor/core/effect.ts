// Effects as data: what the engine is to do once, in order. Timers and probes are not here: which of them must be
// running follows from the state (timers.ts, probe-plan.ts), so none can leak.
import type { CommandError } from './command-error.ts';
import type { JobSpec } from './job-spec.ts';
import type { JobId, Pid, RunId, ServiceName } from './names.ts';
import type { Actor } from './actor.ts';
import type { ExitStatus } from './exit-status.ts';
import type { HookName, SignalName } from './service-spec.ts';

export type Effect =
  /** `down`: the command that undoes a completed oneshot. */
  | {
      readonly type: 'spawn';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly program: 'command' | 'down';
    }
  /** Looks for the process of an attached service until it is found, and watches it to its end. */
  | { readonly type: 'attach'; readonly service: ServiceName; readonly run: RunId }
  /** Looks and watches no more. Nothing is sent. */
  | { readonly type: 'detach'; readonly service: ServiceName; readonly run: RunId }
  /** To every process of the run's group; SIGCONT goes after it, so that stopped processes see it too. */
  | {
      readonly type: 'signal-group';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly signal: SignalName;
    }
  /** The same without SIGCONT: drop-in mode, where the command must get what Bosun got and nothing else. */
  | {
      readonly type: 'pass-on';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly signal: SignalName;
    }
  /** To the leader alone, or to the attached process: what the operator sends. */
  | {
      readonly type: 'signal-leader';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly signal: SignalName;
    }
  /** To the leader alone, with SIGCONT after it: how a run is ended whose kill mode spares the rest. */
  | {
      readonly type: 'stop-leader';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly signal: SignalName;
    }
  /** From now on this process is the leader: MAINPID of sd_notify(3). */
  | { readonly type: 'follow-leader'; readonly service: ServiceName; readonly run: RunId; readonly pid: Pid }
  | { readonly type: 'reload'; readonly service: ServiceName; readonly run: RunId }
  /** Its end comes back as `hook-finished`. `exit`: how the run ended, for what comes after it. */
  | {
      readonly type: 'hook';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly hook: HookName;
      readonly exit: ExitStatus | undefined;
    }
  /** Kills the group of the hook that is under way, if one is; its end comes back all the same. */
  | {
      readonly type: 'cancel-hook';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly hook: HookName;
    }
  | { readonly type: 'spawn-job'; readonly job: JobId; readonly run: RunId; readonly spec: JobSpec }
  /** To its whole group with SIGCONT after it, or to its leader alone. */
  | {
      readonly type: 'signal-job';
      readonly job: JobId;
      readonly run: RunId;
      readonly signal: SignalName;
      readonly whom: 'group' | 'leader';
    }
  /** PID 1 only: to everything else that lives. */
  | { readonly type: 'sweep'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  /** The configuration is to be read again and applied; whoever reads it comes back with a command. */
  | { readonly type: 'request-apply'; readonly actor: Actor }
  | { readonly type: 'reply'; readonly command: string; readonly result: CommandResult }
  /** The last log lines may be written until `byMs`, monotonic. */
  | { readonly type: 'exit'; readonly code: number; readonly byMs: number };

export type CommandResult =
  /** `job`: the one that was begun; whether it could be started is told by its events. */
  | { readonly kind: 'accepted'; readonly services: readonly ServiceName[]; readonly job?: JobId }
  | { readonly kind: 'refused'; readonly error: CommandError };
