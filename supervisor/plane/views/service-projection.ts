// From the state to what the API shows of it: times of the monotonic clock become dates, unions become flat fields.
import { unmetDependencies, type UnmetDependency } from '../../core/dependency-verdict.ts';
import { describeExit, type ExitStatus } from '../../core/exit-status.ts';
import type { ServiceSpec } from '../../core/service-spec.ts';
import { isLive, pidOf, type ServiceState } from '../../core/service-state.ts';
import type { DependencyView, ExitView, ServiceView, UnmetView } from '../../wire/service-view.ts';
import { monotonicMs } from '../ports.ts';
import type { FleetView, SeenService } from './fleet-view.ts';
import { describeService } from './service-note.ts';

export function projectService(view: FleetView, { index, spec, record }: SeenService): ServiceView {
  const nowMs = monotonicMs();
  const { state } = record;
  const unmet = isAtRest(state) ? unmetDependencies(view.graph, view.fleet, index) : [];
  return {
    name: record.name,
    description: spec.description,
    type: spec.type,
    importance: spec.importance,
    state: state.kind,
    wanted: record.wanted,
    ready: isReady(state),
    run: record.lastRun === 0 ? null : record.lastRun,
    pid: pidOf(state) ?? null,
    since: sinceDate(view, record.name, state, nowMs),
    ...projectTimes(state, nowMs),
    starts: record.starts,
    restarts: record.restarts,
    last_exit: record.lastExit === undefined ? null : projectExit(record.lastExit),
    note: describeService(record, { unmet, nowMs }),
    next: projectNext(state, nowMs),
    waiting_for: unmet.map(projectUnmet),
    depends_on: spec.dependsOn.map(projectDependency),
    last_probe_error: state.kind === 'starting' ? state.lastProbeError : '',
  };
}

export function isReady(state: ServiceState): boolean {
  return state.kind === 'running' || state.kind === 'completed';
}

/** Dependencies matter to a service that may be started: not to one that runs, and not to one that is done. */
function isAtRest(state: ServiceState): boolean {
  return state.kind === 'waiting' || state.kind === 'stopped';
}

function projectExit(exit: ExitStatus): ExitView {
  const text = describeExit(exit);
  if (exit.kind === 'code') return { code: exit.code, signal: null, core_dumped: false, text };
  return { code: null, signal: exit.signal, core_dumped: exit.core === 'dumped', text };
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

function sinceDate(view: FleetView, name: string, state: ServiceState, nowMs: number): string | null {
  const sinceMs = view.sinceMs(name);
  if (sinceMs !== undefined) return new Date(sinceMs).toISOString();
  // The event may be older than all that are held; the state itself knows some of it.
  if (state.kind === 'running') return dateOf(state.readyAtMs, nowMs);
  return state.kind === 'starting' ? dateOf(state.startedAtMs, nowMs) : null;
}

function dateOf(atMs: number, nowMs: number): string {
  return new Date(Date.now() - (nowMs - atMs)).toISOString();
}

function projectNext(state: ServiceState, nowMs: number): ServiceView['next'] {
  if (state.kind === 'backoff') return { action: 'start', in_ms: remaining(state.untilMs, nowMs) };
  if (state.kind !== 'stopping' || state.step === 'killed' || state.step === 'post-stop') return null;
  return { action: 'kill', in_ms: remaining(state.killAtMs, nowMs) };
}

function remaining(atMs: number, nowMs: number): number {
  return Math.max(0, Math.round(atMs - nowMs));
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
