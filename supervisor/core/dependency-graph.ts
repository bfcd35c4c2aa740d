// Who needs whom, by position in the specification, and the search for a cycle. Pure; the order itself comes from config/.
import type { ServiceName } from './names.ts';
import type { Dependency, ServiceSpec } from './service-spec.ts';

export type DependencyEdge = { readonly index: number; readonly dependency: Dependency };

export type DependencyGraph = {
  readonly indexOf: ReadonlyMap<ServiceName, number>;
  /** For each service, what it needs. Names that do not exist (allowed when optional) are left out. */
  readonly dependencies: readonly (readonly DependencyEdge[])[];
  /** For each service, the positions of those that need it. */
  readonly dependents: readonly (readonly number[])[];
};

export function buildGraph(services: readonly ServiceSpec[]): DependencyGraph {
  const indexOf = new Map(services.map((service, index) => [service.name, index]));
  const dependents: number[][] = services.map(() => []);
  const dependencies = services.map((service, from) =>
    service.dependsOn.flatMap((dependency) => {
      const index = indexOf.get(dependency.name);
      if (index === undefined) return [];
      dependents[index]?.push(from);
      return [{ index, dependency }];
    }),
  );
  return { indexOf, dependencies, dependents };
}

/** Anything with a name that names what it needs: specs, and the half-read configuration before them. */
export type NamedNode = { readonly name: string; readonly needs: readonly string[] };

/** The first cycle found, closed (`a, b, a`), or undefined. Names that no node has are ignored. */
export function findCycle(nodes: readonly NamedNode[]): readonly string[] | undefined {
  const needsOf = new Map(nodes.map((node) => [node.name, node.needs]));
  const done = new Set<string>();
  for (const node of nodes) {
    const cycle = walk(node.name, [], needsOf, done);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}

function walk(
  name: string,
  path: readonly string[],
  needsOf: ReadonlyMap<string, readonly string[]>,
  done: Set<string>,
): readonly string[] | undefined {
  const seenAt = path.indexOf(name);
  if (seenAt >= 0) return [...path.slice(seenAt), name];
  if (done.has(name)) return undefined;
  for (const need of needsOf.get(name) ?? []) {
    const cycle = walk(need, [...path, name], needsOf, done);
    if (cycle !== undefined) return cycle;
  }
  done.add(name);
  return undefined;
}
