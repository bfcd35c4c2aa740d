// Where the nodes of the graph stand in a picture: in layers by the longest chain of what they need, each layer ordered so that few
// edges cross (Sugiyama's method). An edge over several layers gets a place in each of them, so that it passes between the nodes.
import type { GraphEdge, ServiceGraph } from './graph-model.ts';

/** `name` is empty for the place of an edge that passes. */
type Place = { readonly name: string; readonly key: string };

export type PlacedEdge = {
  readonly edge: GraphEdge;
  /** From `to` to `from`, one for each layer that it touches. */
  readonly points: readonly Position[];
};
/** `layer` from 0; `slot` counts downwards in half steps. */
export type Position = { readonly layer: number; readonly slot: number };

export type GraphLayout = {
  readonly layers: number;
  readonly slots: number;
  readonly positions: ReadonlyMap<string, Position>;
  readonly edges: readonly PlacedEdge[];
};

const SWEEPS = 6;

export function layOut({ nodes, edges }: ServiceGraph): GraphLayout {
  const layerOf = layersOf(
    nodes.map(({ name }) => name),
    edges,
  );
  const columns: Place[][] = [];
  const put = (layer: number, place: Place): void => void (columns[layer] ??= []).push(place);
  for (const { name } of nodes) put(layerOf.get(name) ?? 0, { name, key: name });
  const paths = edges.map((edge) => pathOf(edge, layerOf));
  for (const path of paths) for (const { layer, key } of path.slice(1, -1)) put(layer, { name: '', key });
  const neighbours = neighboursIn(paths);
  for (let sweep = 0; sweep < SWEEPS; sweep++) orderColumns(columns, neighbours, sweep % 2 === 0);
  return placeAll(columns, edges, paths);
}

function layersOf(names: readonly string[], edges: readonly GraphEdge[]): ReadonlyMap<string, number> {
  const needs = Map.groupBy(edges, ({ from }) => from);
  const layers = new Map<string, number>();
  const layerOf = (name: string): number => {
    const known = layers.get(name);
    if (known !== undefined) return known;
    // A cycle cannot be configured; if there were one, it would not be followed for ever.
    layers.set(name, 0);
    const layer = Math.max(-1, ...(needs.get(name) ?? []).map(({ to }) => layerOf(to))) + 1;
    layers.set(name, layer);
    return layer;
  };
  for (const name of names) layerOf(name);
  return layers;
}

type Step = { readonly layer: number; readonly key: string };

function pathOf({ from, to }: GraphEdge, layerOf: ReadonlyMap<string, number>): readonly Step[] {
  const first = layerOf.get(to) ?? 0;
  const last = layerOf.get(from) ?? first;
  const between = Array.from({ length: Math.max(0, last - first - 1) }, (_, index) => {
    const layer = first + 1 + index;
    return { layer, key: `${from} ${to} ${layer}` };
  });
  return [{ layer: first, key: to }, ...between, { layer: last, key: from }];
}

type Neighbours = { readonly before: Map<string, string[]>; readonly after: Map<string, string[]> };

function neighboursIn(paths: readonly (readonly Step[])[]): Neighbours {
  const neighbours: Neighbours = { before: new Map(), after: new Map() };
  const add = (map: Map<string, string[]>, key: string, other: string): void =>
    void map.set(key, [...(map.get(key) ?? []), other]);
  for (const path of paths) {
    for (const [index, { key }] of path.slice(1).entries()) {
      const previous = path[index]?.key ?? '';
      add(neighbours.before, key, previous);
      add(neighbours.after, previous, key);
    }
  }
  return neighbours;
}

/** Each place to the middle of its neighbours in the layer that was ordered before. */
function orderColumns(columns: Place[][], { before, after }: Neighbours, forward: boolean): void {
  const order = forward ? columns.keys() : [...columns.keys()].reverse();
  const looked = forward ? before : after;
  const slots = new Map(columns.flatMap((column) => column.map(({ key }, slot) => [key, slot] as const)));
  for (const layer of order) {
    const column = columns[layer] ?? [];
    const weights = new Map(
      column.map(({ key }, slot) => [key, middleOf(looked.get(key) ?? [], slots, slot)]),
    );
    column.sort((a, b) => (weights.get(a.key) ?? 0) - (weights.get(b.key) ?? 0));
    for (const [slot, { key }] of column.entries()) slots.set(key, slot);
  }
}

function middleOf(keys: readonly string[], slots: ReadonlyMap<string, number>, own: number): number {
  if (keys.length === 0) return own;
  return keys.reduce((sum, key) => sum + (slots.get(key) ?? own), 0) / keys.length;
}

/** Shorter layers stand in the middle of the longest. */
function placeAll(
  columns: readonly Place[][],
  edges: readonly GraphEdge[],
  paths: readonly (readonly Step[])[],
): GraphLayout {
  const slots = Math.max(0, ...columns.map((column) => column.length));
  const all = new Map<string, Position>();
  for (const [layer, column] of columns.entries()) {
    const offset = (slots - column.length) / 2;
    for (const [slot, { key }] of column.entries()) all.set(key, { layer, slot: slot + offset });
  }
  const placed = edges.map((edge, index) => ({
    edge,
    points: (paths[index] ?? []).flatMap(({ key }) => all.get(key) ?? []),
  }));
  return { layers: columns.length, slots, positions: all, edges: placed };
}
