// The events: facts in the past tense, enough of them to rebuild the state of the fleet (promise P10).
// An event says what happened and never what to do; effects say that. Times are monotonic milliseconds.
import type { ApplicationEvent } from './application-event.ts';
import type { Actor } from './actor.ts';
import type { AttachedEvent } from './attached-event.ts';
import type { Role } from './control-access.ts';
import type { ExitStatus } from './exit-status.ts';
import type { JobEvent } from './job-event.ts';
import type { ReplacementEvent } from './replacement-event.ts';
import type { JobId, Pid, RunId, ServiceName } from './names.ts';
import type { NoticeEvent } from './notice-event.ts';
import type { Due } from './schedule.ts';
import type { HookName, SignalName } from './service-spec.ts';
import type { EndReason, SpawnError, StopCause } from './service-state.ts';
import type { Stray } from './stray.ts';

/** What the operator, or a dependency on behalf of them, wants of a service. */
export type Wanted = 'up' | 'down';

export type ProbePurpose = 'startup' | 'readiness' | 'liveness';

export type ServiceEvent =
  | AttachedEvent
  | NoticeEvent
  | { readonly type: 'wanted'; readonly service: ServiceName; readonly wanted: Wanted }
  | { readonly type: 'skipped'; readonly service: ServiceName; readonly reason: string }
  | { readonly type: 'waiting'; readonly service: ServiceName }
  | { readonly type: 'starting'; readonly service: ServiceName; readonly run: RunId; readonly atMs: number }
  /** A timer: when its next run is due. */
  | { readonly type: 'scheduled'; readonly service: ServiceName; readonly due: Due }
  | {
      readonly type: 'spawned';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly pid: Pid;
      /** What it was promised and does not have, in words. */
      readonly degraded: readonly string[];
    }
  | {
      readonly type: 'spawn-failed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly error: SpawnError;
    }
  /** The startup probe has passed. */
  | { readonly type: 'started'; readonly service: ServiceName; readonly run: RunId }
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
  /** One of several successes in a row that readiness asks for. */
  | {
      readonly type: 'probe-passed';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly successes: number;
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
  /** A completed oneshot is undone by its down command, as a run of its own. */
  | {
      readonly type: 'going-down';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly cause: StopCause;
      readonly atMs: number;
      readonly killAtMs: number;
    }
  | {
      readonly type: 'kill-brought-forward';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly killAtMs: number;
    }
  | { readonly type: 'killed'; readonly service: ServiceName; readonly run: RunId }
  | {
      readonly type: 'hook-started';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly hook: HookName;
    }
  | {
      readonly type: 'hook-finished';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly hook: HookName;
      readonly outcome: CommandOutcome;
    }
  /** Processes that left the run's session are left alone, and told. */
  | {
      readonly type: 'strays-found';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly strays: readonly Stray[];
    }
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
      readonly outcome: CommandOutcome;
    };

/** How a reload or a hook went; `detail` is for people. */
export type CommandOutcome = { readonly kind: 'done' | 'failed'; readonly detail: string };

/** Why the container is being stopped. */
export type ShutdownReason =
  | { readonly kind: 'signal'; readonly signal: SignalName }
  | { readonly kind: 'command' }
  | { readonly kind: 'main-ended'; readonly service: ServiceName }
  | { readonly kind: 'essential-failed'; readonly service: ServiceName };

export type FleetEvent =
  | { readonly type: 'booted'; readonly services: readonly ServiceName[]; readonly nextJob: JobId }
  /** The services from now on, in order; those that are not named are gone, those that are new begin stopped. */
  | {
      readonly type: 'configured';
      readonly services: readonly ServiceName[];
      /** Of these, the ones that still run by the configuration before and are to be restarted. */
      readonly outdated: readonly ServiceName[];
      /** Of these, the ones that the configuration has no more, and that are being stopped. */
      readonly removed: readonly ServiceName[];
    }
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

/** What is only noted: the control plane's own life, and who has outlived all services. It changes none. */
export type PlaneEvent =
  | { readonly type: 'plane-failed'; readonly reason: string }
  | { readonly type: 'plane-restarted' }
  /** The logs' thread died, and the next one goes on at the same byte. */
  | { readonly type: 'logs-failed'; readonly reason: string }
  | { readonly type: 'logs-restarted' }
  /** A file of a service's log, or the queue of a sink, cannot be written. `name`: of the service or the sink. */
  | {
      readonly type: 'log-store-failed';
      readonly store: 'file' | 'sink';
      readonly name: string;
      readonly errno: string;
      readonly text: string;
    }
  | {
      readonly type: 'log-store-recovered';
      readonly store: 'file' | 'sink';
      readonly name: string;
      readonly droppedLines: number;
    }
  /** Something about a service's output that cannot be done; `text` says what, for people. */
  | { readonly type: 'log-trouble'; readonly name: string; readonly text: string }
  /** Ended by the sweep. `count`: all of them, of whom only the first are named. */
  | { readonly type: 'survivors-found'; readonly survivors: readonly Stray[]; readonly count: number }
  /** A system call that fails as none should; `text`: what follows from it, for people. */
  | { readonly type: 'call-failed'; readonly call: string; readonly errno: string; readonly text: string };

/** What is only noted: the audit trail of the control plane, and what its store meets. It changes none. */
export type AuditEvent =
  /** Told one by one up to a rate, then summed up. `count`: how many times since the last one that was told. */
  | {
      readonly type: 'access-refused';
      readonly transport: 'socket' | 'tls' | 'api-key' | 'plain';
      /** Who, as far as it is known: `uid:1000`, `10.0.0.7`, `cert:alice`. */
      readonly peer: string;
      /** What was wanted, such as `POST /v1/services/caddy/stop`, or `connect`. */
      readonly action: string;
      readonly reason: string;
      readonly count: number;
    }
  | {
      readonly type: 'key-changed';
      readonly change: 'created' | 'rotated' | 'revoked';
      /** Its public id; the key itself is never told. */
      readonly key: string;
      readonly name: string;
      readonly role: Role;
    }
  /** The files of a listener were read again. `kept`: they are wrong, and those before them stay in use. */
  | {
      readonly type: 'certificates-reloaded';
      readonly listener: string;
      readonly outcome: 'loaded' | 'kept';
      readonly detail: string;
    }
  | { readonly type: 'listener-failed'; readonly listener: string; readonly reason: string }
  /** Events are kept in memory only, up to a bound. */
  | { readonly type: 'journal-failed'; readonly reason: string }
  /** `held`: written now, late. `lost`: more than could be held. */
  | { readonly type: 'journal-recovered'; readonly held: number; readonly lost: number }
  /** A file that could not be read was renamed, and another one begun. */
  | { readonly type: 'journal-set-aside'; readonly file: string; readonly reason: string }
  | { readonly type: 'views-rebuilt'; readonly events: number; readonly differences: number };

/** What is only noted of a service: its state stays as it is. */
export type ServiceNote = {
  /** By kill(2); told once for each signal of a run and errno. */
  readonly type: 'signal-refused';
  readonly service: ServiceName;
  readonly run: RunId;
  readonly signal: SignalName;
  readonly errno: string;
};

export type BosunEvent =
  | ServiceEvent
  | FleetEvent
  | PlaneEvent
  | ReplacementEvent
  | AuditEvent
  | ServiceNote
  | ApplicationEvent
  | JobEvent;

/** Those that change no state. */
export type NotedEvent = PlaneEvent | ReplacementEvent | AuditEvent | ServiceNote | ApplicationEvent;

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
  /** The id of the event that it follows from; 0 when it comes from outside: a command, a signal, an exit, an answer of a probe. */
  readonly cause: number;
  readonly event: BosunEvent;
};
