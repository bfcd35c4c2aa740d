// The events: facts in the past tense, enough of them to rebuild the state of the fleet (promise P10).
// An event says what happened and never what to do; effects say that. Times are monotonic milliseconds.
import type { ExitStatus } from './exit-status.ts';
import type { Pid, RunId, ServiceName } from './names.ts';
import type { SignalName } from './service-spec.ts';
import type { EndReason, SpawnError, StopCause } from './service-state.ts';

/** What the operator, or a dependency on behalf of them, wants of a service. */
export type Wanted = 'up' | 'down';

export type ProbePurpose = 'readiness' | 'liveness';

export type ServiceEvent =
  | { readonly type: 'wanted'; readonly service: ServiceName; readonly wanted: Wanted }
  | { readonly type: 'skipped'; readonly service: ServiceName; readonly reason: string }
  | { readonly type: 'waiting'; readonly service: ServiceName }
  | { readonly type: 'starting'; readonly service: ServiceName; readonly run: RunId; readonly atMs: number }
  | { readonly type: 'spawned'; readonly service: ServiceName; readonly run: RunId; readonly pid: Pid }
  | {
      readonly type: 'spawn-failed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly error: SpawnError;
    }
  | { readonly type: 'ready'; readonly service: ServiceName; readonly run: RunId; readonly atMs: number }
  | { readonly type: 'unready'; readonly service: ServiceName; readonly run: RunId; readonly reason: string }
  | {
      readonly type: 'probe-failed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly purpose: ProbePurpose;
      readonly failures: number;
      readonly reason: string;
    }
  | {
      readonly type: 'probe-recovered';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly purpose: ProbePurpose;
    }
  | {
      readonly type: 'stopping';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly cause: StopCause;
      readonly killAtMs: number;
      /** How the leader ended, when that is the cause. */
      readonly exit: ExitStatus | undefined;
    }
  | {
      readonly type: 'kill-brought-forward';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly killAtMs: number;
    }
  | { readonly type: 'killed'; readonly service: ServiceName; readonly run: RunId }
  | { readonly type: 'exited'; readonly service: ServiceName; readonly run: RunId; readonly exit: ExitStatus }
  | { readonly type: 'stopped'; readonly service: ServiceName; readonly run: RunId | 0 }
  | {
      readonly type: 'completed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly exit: ExitStatus;
    }
  | {
      readonly type: 'backing-off';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly reason: EndReason;
      readonly delayMs: number;
      readonly atMs: number;
      /** How many restarts, this one included, the burst limit needs to know of; at least 1. */
      readonly keepRestarts: number;
    }
  | {
      readonly type: 'failed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly reason: EndReason;
    }
  | { readonly type: 'backoff-reset'; readonly service: ServiceName }
  | {
      readonly type: 'signalled';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly signal: SignalName;
    }
  /** Asked for while the service was starting; done as soon as it is ready. */
  | { readonly type: 'reload-deferred'; readonly service: ServiceName; readonly run: RunId }
  | { readonly type: 'reload-started'; readonly service: ServiceName; readonly run: RunId }
  | {
      readonly type: 'reload-finished';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly outcome: ReloadOutcome;
    };

/** How a reload went; `detail` is for people. */
export type ReloadOutcome = { readonly kind: 'done' | 'failed'; readonly detail: string };

/** Why the container is being stopped. */
export type ShutdownReason =
  | { readonly kind: 'signal'; readonly signal: SignalName }
  | { readonly kind: 'command' }
  | { readonly kind: 'main-ended'; readonly service: ServiceName }
  | { readonly kind: 'essential-failed'; readonly service: ServiceName };

export type FleetEvent =
  | { readonly type: 'booted'; readonly services: readonly ServiceName[] }
  | {
      readonly type: 'shutdown-started';
      readonly reason: ShutdownReason;
      readonly exitCode: number;
      readonly atMs: number;
      readonly budgetMs: number;
    }
  | { readonly type: 'shutdown-hastened'; readonly atMs: number }
  | { readonly type: 'shutdown-order-dropped' }
  | { readonly type: 'sweep-started'; readonly killAtMs: number }
  | { readonly type: 'sweep-killed' }
  | { readonly type: 'shutdown-finished'; readonly exitCode: number };

/** What the control plane's own life adds; it changes no service. */
export type PlaneEvent =
  { readonly type: 'plane-failed'; readonly reason: string } | { readonly type: 'plane-restarted' };

export type BosunEvent = ServiceEvent | FleetEvent | PlaneEvent;

/** Who caused it: `uid:0`, `signal:SIGTERM`, or `bosun` for what follows from a policy. */
export type Actor = string;

/** An event as it is numbered, stamped, stored and streamed. */
export type RecordedEvent = {
  /** Global, from 1, without gaps. */
  readonly id: number;
  /** Of its service, from 1, without gaps; 0 for what belongs to the whole fleet. */
  readonly seq: number;
  /** Wall clock, milliseconds since the epoch. For people; no decision uses it. */
  readonly timeMs: number;
  /** CLOCK_MONOTONIC in milliseconds. */
  readonly monotonicMs: number;
  readonly version: 1;
  readonly actor: Actor;
  /** The id of the command that led to it; empty when none did. */
  readonly command: string;
  readonly event: BosunEvent;
};
