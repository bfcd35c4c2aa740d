// Who needs whom, as nodes and edges: what every drawing of the graph is made of.
import type { DependencyView, ServiceView, StateView } from '../wire/service-view.ts';

/** `missing`: an optional dependency that the configuration does not have. */
export type GraphNode = { readonly name: string; readonly state: StateView | 'missing' };

/** `from` needs `to`. */
export type GraphEdge = {
  readonly from: string;
  readonly to: string;
  readonly condition: DependencyView['condition'];
  readonly required: boolean;
};

export type ServiceGraph = { readonly nodes: readonly GraphNode[]; readonly edges: readonly GraphEdge[] };

export function graphOf(services: readonly ServiceView[]): ServiceGraph {
  const edges = services.flatMap(({ name, depends_on: dependsOn }) =>
    dependsOn.map(({ service, condition, required }) => ({ from: name, to: service, condition, required })),
  );
  const known = new Set(services.map(({ name }) => name));
  const missing = new Set(edges.map(({ to }) => to).filter((name) => !known.has(name)));
  const nodes = services.map(({ name, state }) => ({ name, state }));
  return { nodes: [...nodes, ...[...missing].map((name) => ({ name, state: 'missing' as const }))], edges };
}

/** The condition in a word, for the label of an edge. */
export const CONDITION_WORDS: Readonly<Record<DependencyView['condition'], string>> = {
  service_started: 'started',
  service_healthy: 'healthy',
  service_completed_successfully: 'completed',
};

/** Good, on its way, bad, or neither: how a drawing tells the states apart. */
export type Mood = 'good' | 'changing' | 'bad' | 'idle';

export const MOODS: Readonly<Record<GraphNode['state'], Mood>> = {
  running: 'good',
  completed: 'good',
  scheduled: 'good',
  waiting: 'changing',
  starting: 'changing',
  unready: 'bad',
  stopping: 'changing',
  backoff: 'bad',
  failed: 'bad',
  stopped: 'idle',
  skipped: 'idle',
  missing: 'idle',
};
