// Who still has to end before a service may be asked to: its dependents that are at work and are to go, or to be renewed.
// settle.ts keeps the order by it; `status` shows what a service waits for.
import type { DependencyGraph } from './dependency-graph.ts';
import type { Fleet, ServiceRecord } from './fleet.ts';
import { isAtWork } from './oneshot-down.ts';
import type { FleetSpec } from './service-spec.ts';
import { isWantedUp } from './wanted.ts';

type Configured = { readonly spec: FleetSpec; readonly graph: DependencyGraph };

/** `index`: its position in the specification, which is that of its record. */
export function leavingDependents(
  { spec, graph }: Configured,
  fleet: Fleet,
  index: number,
): readonly ServiceRecord[] {
  return (graph.dependents[index] ?? []).flatMap((dependent) => {
    const record = fleet.services[dependent];
    const own = spec.services[dependent];
    if (record === undefined || own === undefined || !isAtWork(own, record.state)) return [];
    return record.configured === 'outdated' || !isWantedUp(fleet, record) ? [record] : [];
  });
}
