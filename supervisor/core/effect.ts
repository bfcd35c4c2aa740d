// Effects as data: what the engine is to do once, in order. Timers and probes are not here: which of them must be
// running follows from the state (timers.ts, probe-plan.ts), so none can leak.
import type { CommandError } from './command-error.ts';
import type { RunId, ServiceName } from './names.ts';
import type { SignalName } from './service-spec.ts';

export type Effect =
  | { readonly type: 'spawn'; readonly service: ServiceName; readonly run: RunId }
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
  /** To the leader alone: what the operator sends. */
  | {
      readonly type: 'signal-leader';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly signal: SignalName;
    }
  | { readonly type: 'reload'; readonly service: ServiceName; readonly run: RunId }
  /** PID 1 only: to everything else that lives. */
  | { readonly type: 'sweep'; readonly signal: 'SIGTERM' | 'SIGKILL' }
  | { readonly type: 'reply'; readonly command: string; readonly result: CommandResult }
  /** The last log lines may be written until `byMs`, monotonic. */
  | { readonly type: 'exit'; readonly code: number; readonly byMs: number };

export type CommandResult =
  | { readonly kind: 'accepted'; readonly services: readonly ServiceName[] }
  | { readonly kind: 'refused'; readonly error: CommandError };
