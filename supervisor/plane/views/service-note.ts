// One sentence about a service: what it waits for, why it ended, what comes next. Empty when all is well.
import type { ServiceRecord } from '../../core/fleet.ts';
import { isLive } from '../../core/service-state.ts';
import type { SeenService } from './fleet-view.ts';
import { listed } from './listed.ts';
import { isUp, type Neighbours } from './neighbours.ts';
import { describeBriefly, describeState, type StateContext } from './state-note.ts';
import { describeStopping } from './stopping-note.ts';

export type NoteContext = Neighbours & StateContext;

export function describeService(context: NoteContext): string {
  const sentences = [
    describeState(context),
    describeRefusal(context),
    describeEnding(context),
    describeLiveness(context),
    describeWithout(context),
    describeDegraded(context.record),
  ];
  return sentences.filter((sentence) => sentence !== '').join('; ');
}

/** It runs on until those that need it have gone. */
function describeEnding({ record, endsAfter, nowMs }: NoteContext): string {
  const { state, configured } = record;
  const others = listed(endsAfter.map((seen) => countDown(seen, nowMs)));
  const after = others === '' ? '' : ` after ${others}`;
  if (configured === 'outdated' && state.kind !== 'stopping')
    return `will be restarted with the new configuration${after}`;
  const removed = configured === 'removed' ? ['removed from the configuration'] : [];
  return [...removed, ...(after === '' ? [] : [`stops${after}`])].join(', ');
}

function countDown({ spec, record }: SeenService, nowMs: number): string {
  const { state } = record;
  const how = state.kind === 'stopping' ? describeStopping(state, spec, nowMs) : state.kind;
  return `${record.name} (${how})`;
}

/** Of the run that is still there. */
function describeRefusal({ record: { state }, history: { refusal } }: NoteContext): string {
  if (refusal === undefined || !isLive(state) || refusal.run !== state.run) return '';
  return `the kernel refuses ${refusal.signal} to it (${refusal.errno})`;
}

function describeLiveness({ record, spec, history }: NoteContext): string {
  const { state } = record;
  if (state.kind !== 'running' && state.kind !== 'unready') return '';
  const failures = state.counts.livenessFailures;
  if (failures === 0) return '';
  const threshold = spec.liveness.kind === 'probe' ? spec.liveness.probe.failureThreshold : 1;
  const failure = history.livenessFailure;
  const why = failure?.run === state.run && failure.reason !== '' ? `: ${failure.reason}` : '';
  return `liveness failed ${failures} of ${threshold} times${why}`;
}

function describeWithout({ without }: NoteContext): string {
  if (without.length === 0) return '';
  return `without ${listed(without.map(({ record }) => `${record.name} (${describeBriefly(record)})`))}`;
}

function describeDegraded({ state, degraded }: ServiceRecord): string {
  return degraded.length === 0 || !isUp(state) ? '' : `degraded: ${listed(degraded)}`;
}
