// Whether a dependency's declared condition is met, may still be met, or will not be without somebody's help.
// decide.ts starts services by it; `status` and `why` show it.
import type { DependencyGraph } from './dependency-graph.ts';
import type { Fleet, ServiceRecord } from './fleet.ts';
import type { Dependency } from './service-spec.ts';

export type DependencyVerdict =
  | 'met'
  /** On its way. */
  | 'pending'
  /** Failed, skipped, or stopped by the operator: nothing will happen by itself. */
  | 'blocked';

export type UnmetDependency = {
  readonly dependency: Dependency;
  readonly verdict: 'pending' | 'blocked';
  readonly record: ServiceRecord;
};

export function judgeDependency(dependency: Dependency, record: ServiceRecord): DependencyVerdict {
  if (conditionMet(dependency, record)) return 'met';
  if (!isDeadEnd(dependency, record)) return 'pending';
  return dependency.need === 'optional' ? 'met' : 'blocked';
}

function conditionMet(dependency: Dependency, record: ServiceRecord): boolean {
  const { state } = record;
  switch (dependency.condition) {
    case 'service_started':
      if (state.kind === 'starting') return state.process.kind === 'launched';
      return state.kind === 'running' || state.kind === 'unready' || state.kind === 'completed';
    case 'service_healthy':
      // For a oneshot, to have completed is what health is for a service.
      return state.kind === 'running' || state.kind === 'completed';
    case 'service_completed_successfully':
      return state.kind === 'completed';
  }
}

function isDeadEnd(dependency: Dependency, record: ServiceRecord): boolean {
  const { state } = record;
  switch (state.kind) {
    case 'failed':
    case 'skipped':
      return true;
    case 'stopped':
    case 'waiting':
    case 'backoff':
      return record.wanted === 'down';
    case 'completed':
      return dependency.condition !== 'service_completed_successfully';
    case 'starting':
    case 'running':
    case 'unready':
    case 'stopping':
    case 'scheduled':
      return false;
  }
}

/** What the service at `index` still waits for, in the order in which it names it. */
export function unmetDependencies(
  graph: DependencyGraph,
  fleet: Fleet,
  index: number,
): readonly UnmetDependency[] {
  return (graph.dependencies[index] ?? []).flatMap(({ index: on, dependency }) => {
    const record = fleet.services[on];
    if (record === undefined) return [];
    const verdict = judgeDependency(dependency, record);
    return verdict === 'met' ? [] : [{ dependency, verdict, record }];
  });
}
