// The state of one walk through a YAML tree: what has been found, where, and what is wrong. yaml-reader.ts walks.
import { isScalar, type ParsedNode } from 'yaml';
import type { Diagnostic } from './diagnostic.ts';
import type { Lookup } from './interpolation.ts';
import { pathId, pathText, type Location, type Path } from './plain-value.ts';
import { diagnose, type Source, type Span } from './source.ts';

/** Of faults, and of warnings: one file can hold more than anyone will read. */
export const MAX_FAULTS = 100;

export type Walk = {
  readonly source: Source;
  readonly lookup: Lookup;
  readonly locations: Map<string, Location>;
  readonly reported: Set<string>;
  readonly faults: Diagnostic[];
  readonly warnings: Diagnostic[];
  readonly anchors: Map<string, unknown>;
  aliased: number;
  room: number;
};

/** Where a node stands. `via`: how many aliases lead to it. */
export type Place = {
  readonly path: Path;
  readonly key: Span | undefined;
  readonly via: number;
  readonly depth: number;
};

export function note(walk: Walk, node: unknown, place: Place): void {
  const written =
    isScalar(node) && typeof node.value !== 'string' && node.value !== null ? node.source : undefined;
  walk.locations.set(pathId(place.path), {
    key: place.key,
    value: spanOf(node, place),
    written,
    origin: 'written',
  });
}

export function spanOf(node: unknown, place: Place): Span {
  const range = (node as Partial<ParsedNode> | null)?.range;
  if (range !== undefined) return { start: range[0], end: range[1] };
  return place.key ?? { start: 0, end: 0 };
}

export function fault(walk: Walk, place: Place, span: Span, message: string, remedy: string): null {
  walk.reported.add(pathId(place.path));
  if (walk.faults.length < MAX_FAULTS) {
    walk.faults.push(diagnose(walk.source, span, { key: pathText(place.path), message, remedy }));
  }
  return null;
}
