// One sentence about a service: what it waits for, why it ended, what comes next. Empty when all is well.
import type { UnmetDependency } from '../../core/dependency-verdict.ts';
import { describeExit } from '../../core/exit-status.ts';
import type { ServiceRecord } from '../../core/fleet.ts';
import type { Due } from '../../core/schedule.ts';
import type { EndReason, StoppingState, UnreadyState } from '../../core/service-state.ts';
import { describeDuration } from '../../wire/duration.ts';

export type NoteContext = { readonly unmet: readonly UnmetDependency[]; readonly nowMs: number };

export function describeService(record: ServiceRecord, { unmet, nowMs }: NoteContext): string {
  const { state } = record;
  switch (state.kind) {
    case 'waiting':
      return describeWaiting(unmet);
    case 'starting':
      return state.lastProbeError === '' ? '' : `not ready yet: ${state.lastProbeError}`;
    case 'running':
      return '';
    case 'unready':
      return describeUnready(state);
    case 'stopping':
      return describeStopping(state, nowMs);
    case 'backoff':
      return `${describeEnd(state.reason)}, next try in ${describeDuration(state.untilMs - nowMs)}`;
    case 'failed':
      return `${describeEnd(state.reason)}, gave up`;
    case 'skipped':
      return `skipped: ${state.reason}`;
    case 'scheduled':
      return describeDue(state.due, nowMs);
    case 'completed':
      return describeExit(state.exit);
    case 'stopped':
      return record.wanted === 'down' ? 'stopped by the operator' : describeWaiting(unmet);
  }
}

/** For a sentence that begins with the service: `consul exited with code 3`. */
export function describeEnd(reason: EndReason): string {
  switch (reason.kind) {
    case 'exit':
      return describeExit(reason.exit);
    case 'spawn':
      return `cannot be started: ${reason.error.message} (${reason.error.code})`;
    case 'startup-timeout':
      return 'was not ready in time';
    case 'liveness':
      return 'was not alive any more';
    case 'hook':
      return `its hook ${reason.hook} failed${reason.detail === '' ? '' : `: ${reason.detail}`}`;
  }
}

function describeDue(due: Due, nowMs: number): string {
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
  return `waiting for ${unmet.map(({ record }) => `${record.name} (${record.state.kind})`).join(', ')}`;
}

function describeUnready(state: UnreadyState): string {
  return state.reason === '' ? 'not ready any more' : `not ready any more: ${state.reason}`;
}

function describeStopping(state: StoppingState, nowMs: number): string {
  if (state.step === 'killed') return 'SIGKILL sent, waiting for its processes to go';
  return `stopping: ${describeDuration(state.killAtMs - nowMs)} to SIGKILL`;
}
