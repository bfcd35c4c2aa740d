// The order of the services in the specification: each after what it depends on, otherwise by name. Needs a graph without cycles.
import toposort from 'toposort';
import type { ServiceSpec } from '../core/service-spec.ts';

export function inStartOrder(services: readonly ServiceSpec[]): ServiceSpec[] {
  const byName = new Map<string, ServiceSpec>(services.map((service) => [service.name, service]));
  const names = [...byName.keys()].toSorted();
  const edges = services.flatMap((service) =>
    service.dependsOn
      .filter((dependency) => byName.has(dependency.name))
      .map((dependency): [string, string] => [dependency.name, service.name]),
  );
  return toposort.array(names, edges.toSorted()).flatMap((name) => byName.get(name) ?? []);
}
