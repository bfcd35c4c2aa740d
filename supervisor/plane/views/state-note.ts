// The part of a service's sentence that follows from its state alone: what it waits for, why it ended, what is due.
import type { UnmetDependency } from '../../core/dependency-verdict.ts';
import { describeExit } from '../../core/exit-status.ts';
import type { Phase, ServiceRecord } from '../../core/fleet.ts';
import type { Due } from '../../core/schedule.ts';
import type { ServiceSpec } from '../../core/service-spec.ts';
import type { EndReason, StartingState, UnreadyState } from '../../core/service-state.ts';
import { describeDuration } from '../../wire/duration.ts';
import { describeEnd } from './end-reason.ts';
import { listed } from './listed.ts';
import type { ServiceHistory } from './service-history.ts';
import { describeStopping } from './stopping-note.ts';

export type StateContext = {
  readonly spec: ServiceSpec;
  readonly record: ServiceRecord;
  readonly unmet: readonly UnmetDependency[];
  readonly history: ServiceHistory;
  readonly phase: Phase['kind'];
  /** Monotonic. */
  readonly nowMs: number;
};

export function describeState(context: StateContext): string {
  const { record, spec, unmet, history, nowMs } = context;
  const { state } = record;
  switch (state.kind) {
    case 'waiting':
      return describeWaiting(unmet);
    case 'starting':
      return describeStarting(state, spec);
    case 'running':
      return state.reload === 'under-way' ? 'reloading' : '';
    case 'unready':
      return describeUnready(state);
    case 'stopping':
      return describeStopping(state, spec, nowMs);
    case 'backoff':
      return `${describeEndOf(state.reason, history)}, next try in ${describeDuration(state.untilMs - nowMs)}`;
    case 'failed':
      return `${describeEndOf(state.reason, history)}, gave up`;
    case 'skipped':
      return `skipped: ${state.reason}`;
    case 'scheduled':
      return describeDue(state.due, nowMs);
    case 'completed':
      return describeExit(state.exit);
    case 'stopped':
      return describeStopped(context);
  }
}

/** The reason in the state does not say what a hook said when it failed, or how the probes of the run had failed. */
function describeEndOf(reason: EndReason, history: ServiceHistory): string {
  const { hookFailure, lastEnd } = history;
  switch (reason.kind) {
    case 'hook': {
      const isTold = reason.detail !== '' || hookFailure?.hook !== reason.hook;
      return describeEnd(isTold ? reason : { ...reason, detail: hookFailure.detail });
    }
    case 'startup-timeout':
    case 'liveness': {
      const failure = reason.kind === 'liveness' ? history.livenessFailure : history.readinessFailure;
      const why = failure !== undefined && failure.run === lastEnd?.run ? failure.reason : '';
      return `${describeEnd(reason)}${why && `: ${why}`}`;
    }
    case 'exit':
    case 'spawn':
    case 'not-found':
      return describeEnd(reason);
  }
}

function describeStopped({ record, phase, unmet }: StateContext): string {
  if (record.wanted === 'down') return 'stopped by the operator';
  return phase === 'up' ? describeWaiting(unmet) : '';
}

export function describeDue(due: Due, nowMs: number): string {
  switch (due.clock) {
    case 'never':
      return 'its schedule has no further date';
    case 'wall':
      return `next run in ${describeDuration(due.atMs - Date.now())}`;
    case 'monotonic':
      return `next run in ${describeDuration(due.atMs - nowMs)}`;
  }
}

function describeWaiting(unmet: readonly UnmetDependency[]): string {
  if (unmet.length === 0) return '';
  return `waiting for ${listed(unmet.map(({ record }) => `${record.name} (${describeBriefly(record)})`))}`;
}

/** Another service in a few words: why it is not there, where that is known. */
export function describeBriefly({ state, wanted }: ServiceRecord): string {
  if (state.kind === 'failed') return `failed: ${describeEnd(state.reason)}`;
  if (state.kind === 'skipped') return `skipped: ${state.reason}`;
  return state.kind === 'stopped' && wanted === 'down' ? 'stopped by the operator' : state.kind;
}

function describeStarting(state: StartingState, spec: ServiceSpec): string {
  if (state.process.kind === 'preparing') return 'running its pre_start hook';
  if (state.process.kind === 'looking') return describeSearch(state.process.finding);
  const why = state.lastProbeError === '' ? '' : `: ${state.lastProbeError}`;
  if (spec.startup.kind === 'log' && state.startup === 'pending')
    return 'startup not passed yet: no line of its output has matched';
  if (spec.startup.kind === 'probe' && state.startup === 'pending')
    return `startup probe not passed yet${why}`;
  switch (spec.readiness.kind) {
    case 'spawned':
      return '';
    case 'probe':
      return why === '' ? '' : `not ready yet${why}`;
    case 'notify-fd':
      return `not ready yet: no newline on descriptor ${spec.readiness.fd} so far`;
    case 'notify-socket':
      return 'not ready yet: no READY=1 so far';
    case 'log':
      return 'not ready yet: no line of its output has matched';
  }
}

function describeSearch(finding: string): string {
  return `looking for its process${finding === '' ? '' : `: ${finding}`}`;
}

function describeUnready(state: UnreadyState): string {
  return state.reason === '' ? 'not ready any more' : `not ready any more: ${state.reason}`;
}
