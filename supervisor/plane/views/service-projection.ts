// From the state to what the API shows of it: times of the monotonic clock become dates, unions become flat fields.
import type { UnmetDependency } from '../../core/dependency-verdict.ts';
import { describeExit, type ExitStatus } from '../../core/exit-status.ts';
import type { ServiceSpec } from '../../core/service-spec.ts';
import { isLive, pidOf, type ServiceState } from '../../core/service-state.ts';
import type { DependencyView, ExitView, OtherView, ServiceView, UnmetView } from '../../wire/service-view.ts';
import { monotonicMs } from '../ports.ts';
import type { FleetView, SeenService } from './fleet-view.ts';
import { neighboursOf, type Neighbours } from './neighbours.ts';
import { dateOf, projectNext } from './next-action.ts';
import type { ServiceHistory } from './service-history.ts';
import { describeService, type NoteContext } from './service-note.ts';

export function projectService(view: FleetView, seen: SeenService): ServiceView {
  const nowMs = monotonicMs();
  const { spec, record } = seen;
  const { state } = record;
  const history = view.histories.of(record.name);
  const context = contextOf(view, seen, history, nowMs);
  return {
    name: record.name,
    description: spec.description,
    type: spec.type,
    importance: spec.importance,
    state: state.kind,
    wanted: record.wanted,
    ready: isReady(spec, state),
    run: record.lastRun === 0 ? null : record.lastRun,
    pid: pidOf(state) ?? null,
    since: sinceDate(history, state, nowMs),
    ...projectTimes(state, nowMs),
    starts: record.starts,
    restarts: record.restarts,
    last_exit: record.lastExit === undefined ? null : projectExit(record.lastExit),
    note: describeService(context),
    next: projectNext(state, nowMs),
    depends_on: spec.dependsOn.map(projectDependency),
    ...projectNeighbours(view, context, nowMs),
    stop: state.kind === 'stopping' ? { cause: state.cause, step: state.step } : null,
    last_probe_error: state.kind === 'starting' ? state.lastProbeError : '',
    liveness_failures: isLive(state) && state.kind !== 'stopping' ? state.counts.livenessFailures : 0,
    status_text: record.statusText,
    degraded: [...record.degraded],
    configuration: record.configured,
    ...projectHistory(history),
  };
}

/** A timer is as it should be between its runs and in one; everything else when it is there, or done. */
export function isReady({ type }: ServiceSpec, state: ServiceState): boolean {
  if (type === 'timer' && (state.kind === 'scheduled' || state.kind === 'starting')) return true;
  return state.kind === 'running' || state.kind === 'completed';
}

function contextOf(view: FleetView, seen: SeenService, history: ServiceHistory, nowMs: number): NoteContext {
  const { spec, record } = seen;
  const phase = view.fleet.phase.kind;
  return { spec, record, history, phase, nowMs, ...neighboursOf(view, seen) };
}

function projectNeighbours(
  view: FleetView,
  { unmet, without, endsAfter }: Neighbours,
  nowMs: number,
): Pick<ServiceView, 'waiting_for' | 'without' | 'ends_after'> {
  const toOther = (seen: SeenService): OtherView => projectOther(view, seen, nowMs);
  return {
    waiting_for: unmet.map(projectUnmet),
    without: without.map(toOther),
    ends_after: endsAfter.map(toOther),
  };
}

function projectOther(view: FleetView, seen: SeenService, nowMs: number): OtherView {
  const { name, state } = seen.record;
  const history = view.histories.of(name);
  // Its own neighbours are left out: they would lead on and on.
  const alone = { unmet: [], without: [], endsAfter: [] };
  const context = { ...contextOf(view, seen, history, nowMs), ...alone };
  return { service: name, state: state.kind, note: describeService(context) };
}

function projectHistory({
  hookFailure,
  strays,
}: ServiceHistory): Pick<ServiceView, 'last_hook_failure' | 'strays'> {
  return {
    last_hook_failure: hookFailure ?? null,
    strays: strays === undefined ? [] : strays.found.map((stray) => ({ ...stray, run: strays.run })),
  };
}

function projectExit(exit: ExitStatus): ExitView {
  const text = describeExit(exit);
  if (exit.kind === 'code') return { code: exit.code, signal: null, core_dumped: false, oom: false, text };
  if (exit.kind === 'unknown') return { code: null, signal: null, core_dumped: false, oom: false, text };
  const { signal, core, by } = exit;
  return { code: null, signal, core_dumped: core === 'dumped', oom: by === 'oom', text };
}

function projectTimes(
  state: ServiceState,
  nowMs: number,
): Pick<ServiceView, 'started_at' | 'ready_at' | 'ready_after_ms'> {
  if (!isLive(state)) return { started_at: null, ready_at: null, ready_after_ms: null };
  const startedAt = dateOf(state.startedAtMs, nowMs);
  if (state.kind !== 'running') return { started_at: startedAt, ready_at: null, ready_after_ms: null };
  const readyAfterMs = Math.round(state.readyAtMs - state.startedAtMs);
  return { started_at: startedAt, ready_at: dateOf(state.readyAtMs, nowMs), ready_after_ms: readyAfterMs };
}

function sinceDate({ sinceMs }: ServiceHistory, state: ServiceState, nowMs: number): string | null {
  if (sinceMs !== undefined) return new Date(sinceMs).toISOString();
  // The event may be older than all that are held; the state itself knows some of it.
  if (state.kind === 'running') return dateOf(state.readyAtMs, nowMs);
  return state.kind === 'starting' ? dateOf(state.startedAtMs, nowMs) : null;
}

function projectUnmet({ dependency, verdict, record }: UnmetDependency): UnmetView {
  return { service: record.name, condition: dependency.condition, verdict, state: record.state.kind };
}

function projectDependency(dependency: ServiceSpec['dependsOn'][number]): DependencyView {
  return {
    service: dependency.name,
    condition: dependency.condition,
    required: dependency.need === 'required',
    restart: dependency.onRestart === 'follow',
  };
}
