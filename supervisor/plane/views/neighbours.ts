// The services around one that matter to it now: what it waits for, what it goes without, what has to end before it.
import { judgeDependency, unmetDependencies, type UnmetDependency } from '../../core/dependency-verdict.ts';
import { leavingDependents } from '../../core/leaving.ts';
import { isAtWork } from '../../core/oneshot-down.ts';
import type { ServiceState } from '../../core/service-state.ts';
import { isWantedUp } from '../../core/wanted.ts';
import type { FleetView, SeenService } from './fleet-view.ts';

export type Neighbours = {
  readonly unmet: readonly UnmetDependency[];
  /** Optional dependencies of which nothing is to be expected. */
  readonly without: readonly SeenService[];
  /** It is to end, but they come first. */
  readonly endsAfter: readonly SeenService[];
};

export function neighboursOf(view: FleetView, seen: SeenService): Neighbours {
  const { state } = seen.record;
  return {
    unmet: isAtRest(view, state) ? unmetDependencies(view.graph, view.fleet, seen.index) : [],
    without: isUp(state) ? missingDependencies(view, seen) : [],
    endsAfter: hasToWaitForItsEnd(view, seen) ? endingFirst(view, seen) : [],
  };
}

/** Dependencies matter to a service that may be started: not to one that runs, and not to one that is done. */
function isAtRest({ fleet }: FleetView, { kind }: ServiceState): boolean {
  return fleet.phase.kind === 'up' && (kind === 'waiting' || kind === 'stopped');
}

export function isUp({ kind }: ServiceState): boolean {
  return kind === 'starting' || kind === 'running' || kind === 'unready';
}

function missingDependencies(view: FleetView, { index }: SeenService): readonly SeenService[] {
  return (view.graph.dependencies[index] ?? []).flatMap(({ dependency, index: on }) => {
    const record = view.fleet.services[on];
    if (record === undefined || dependency.need !== 'optional') return [];
    const asRequired = judgeDependency({ ...dependency, need: 'required' }, record);
    return asRequired === 'blocked' ? (view.find(record.name) ?? []) : [];
  });
}

function hasToWaitForItsEnd(view: FleetView, { spec, record }: SeenService): boolean {
  const { phase } = view.fleet;
  if (phase.kind === 'stopping' && phase.order === 'dropped') return false;
  if (record.state.kind === 'stopping' || !isAtWork(spec, record.state)) return false;
  return record.configured === 'outdated' || !isWantedUp(view.fleet, record);
}

function endingFirst(view: FleetView, { index }: SeenService): readonly SeenService[] {
  return leavingDependents(view, view.fleet, index).flatMap((record) => view.find(record.name) ?? []);
}
