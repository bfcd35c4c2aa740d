// Walks a YAML tree into plain values: expands ${VAR}, follows aliases and merge keys within limits, and notes the place of
// every value. Whether the values make sense is the schema's business.
import { isAlias, isMap, isScalar, isSeq, type Document, type ParsedNode, type Scalar } from 'yaml';
import type { Diagnostic } from './diagnostic.ts';
import { interpolate, type Lookup } from './interpolation.ts';
import { pathId, pathText, type PlainDocument, type PlainMap, type PlainValue } from './plain-value.ts';
import { diagnose, type Source, type Span } from './source.ts';
import { fault, MAX_FAULTS, note, spanOf, type Place, type Walk } from './yaml-walk.ts';

/** Values reached through aliases, in one file: an alias may stand for a tree of aliases (the "billion laughs"). */
const MAX_ALIASED = 1000;
const MAX_DEPTH = 40;
/** Characters that expansion may make, in one file. */
const MAX_EXPANDED = 4 << 20;

export type Reading = { readonly document: PlainDocument; readonly diagnostics: readonly Diagnostic[] };

export function readYamlTree(source: Source, tree: Document, lookup: Lookup): Reading {
  const walk: Walk = {
    source,
    lookup,
    locations: new Map(),
    reported: new Set(),
    faults: [],
    warnings: [],
    anchors: new Map(),
    aliased: 0,
    room: MAX_EXPANDED,
  };
  const value = readNode(walk, tree.contents, { path: [], key: undefined, via: 0, depth: 0 });
  const { locations, reported, faults, warnings } = walk;
  return { document: { source, value, locations, reported }, diagnostics: [...faults, ...warnings] };
}

function readNode(walk: Walk, node: unknown, place: Place): PlainValue {
  if (place.depth > MAX_DEPTH) {
    return fault(
      walk,
      place,
      spanOf(node, place),
      `is nested more than ${MAX_DEPTH} levels deep`,
      'Write it flatter.',
    );
  }
  if (place.via > 0) walk.aliased += 1;
  if (walk.aliased > MAX_ALIASED) return tooManyAliases(walk, place, spanOf(node, place));
  if (isAlias(node)) return readAlias(walk, node.source, place, spanOf(node, place));
  registerAnchor(walk, node, place);
  note(walk, node, place);
  if (isScalar(node)) return readScalar(walk, node, place);
  if (isSeq(node))
    return node.items.map((item, index) => readNode(walk, item, inside(place, index, undefined)));
  if (isMap(node)) return readMap(walk, node.items, place);
  return null;
}

/** Said once; what else lies beyond the limit is left out in silence. */
function tooManyAliases(walk: Walk, place: Place, span: Span): null {
  walk.reported.add(pathId(place.path));
  if (walk.aliased > MAX_ALIASED + 1) return null;
  return fault(
    walk,
    place,
    span,
    `needs more than ${MAX_ALIASED} values through aliases`,
    'Use fewer aliases.',
  );
}

function inside(place: Place, part: string | number, key: Span | undefined): Place {
  return { ...place, path: [...place.path, part], key, depth: place.depth + 1 };
}

function registerAnchor(walk: Walk, node: unknown, place: Place): void {
  if (place.via > 0) return;
  const anchor = (node as Partial<ParsedNode> | null)?.anchor;
  if (anchor !== undefined) walk.anchors.set(anchor, node);
}

function readAlias(walk: Walk, anchor: string, place: Place, span: Span): PlainValue {
  const target = walk.anchors.get(anchor);
  if (target === undefined) {
    return fault(
      walk,
      place,
      span,
      `no anchor "&${anchor.slice(0, 40)}" comes before this alias`,
      'Put text that starts with "*" in quotes.',
    );
  }
  const value = readNode(walk, target, { ...place, via: place.via + 1, depth: place.depth + 1 });
  // What is wrong with it is shown where it is used, not where the anchor is.
  const location = walk.locations.get(pathId(place.path));
  walk.locations.set(pathId(place.path), {
    written: undefined,
    origin: 'written',
    ...location,
    key: place.key,
    value: span,
  });
  return value;
}

type Pair = { readonly key: unknown; readonly value: unknown };

function readMap(walk: Walk, pairs: readonly Pair[], place: Place): PlainMap {
  // Without a prototype: `__proto__` and `constructor` are keys like any other.
  const map = Object.create(null) as PlainMap;
  const seen = new Set<string>();
  for (const pair of pairs) if (isMergeKey(pair.key)) mergeInto(map, walk, pair, place);
  for (const pair of pairs) {
    if (isMergeKey(pair.key)) continue;
    const span = spanOf(pair.key, place);
    const key = keyText(pair.key);
    if (key === undefined) {
      fault(walk, place, span, 'a key must be text', 'Write it as "key: value".');
      continue;
    }
    const at = inside(place, key, span);
    if (seen.has(key)) {
      fault(walk, at, span, `the key "${key.slice(0, 60)}" is here a second time`, 'Remove one of the two.');
      continue;
    }
    seen.add(key);
    map[key] = readNode(walk, pair.value, at);
  }
  return map;
}

function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

/** `<<: *defaults`, or a list of aliases of which the first wins, as in YAML 1.1 and Compose. */
function mergeInto(map: PlainMap, walk: Walk, pair: Pair, place: Place): void {
  const span = spanOf(pair.key, place);
  const nodes: unknown[] = isSeq(pair.value) ? pair.value.items.toReversed() : [pair.value];
  for (const node of nodes) {
    const own = walk.locations.get(pathId(place.path));
    const value = readNode(walk, node, { ...place, key: place.key ?? span, depth: place.depth + 1 });
    if (own !== undefined) walk.locations.set(pathId(place.path), own);
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) Object.assign(map, value);
    else
      fault(
        walk,
        place,
        span,
        'only a map can be merged with "<<"',
        'Write <<: *name, where &name marks a map.',
      );
  }
}

function keyText(key: unknown): string | undefined {
  if (!isScalar(key) || key.value === null) return undefined;
  return typeof key.value === 'string' ? key.value : key.source;
}

function readScalar(walk: Walk, node: Scalar, place: Place): PlainValue {
  const { value } = node;
  if (typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'string') return null;
  const text = value.includes('$') ? expand(walk, value, node, place) : value;
  if (!text.includes('\u0000')) return text;
  fault(
    walk,
    place,
    spanOf(node, place),
    'holds a NUL character, which no program can be given',
    'Remove it.',
  );
  return text.replaceAll('\u0000', '');
}

function expand(walk: Walk, text: string, node: Scalar, place: Place): string {
  const result = interpolate(text, walk.lookup, walk.room);
  if (result.kind === 'error') {
    fault(walk, place, expressionSpan(walk, node, place, result.expression), result.message, result.remedy);
    return text;
  }
  walk.room -= result.text.length;
  for (const expression of new Set(result.unset)) {
    if (walk.warnings.length >= MAX_FAULTS) break;
    walk.warnings.push(
      diagnose(walk.source, expressionSpan(walk, node, place, expression), {
        severity: 'warning',
        key: pathText(place.path),
        message: `${expression} is not set and becomes empty`,
        remedy: "Set it in Bosun's environment, or write ${VAR:-default}; for a dollar sign write $$.",
      }),
    );
  }
  const id = pathId(place.path);
  const location = walk.locations.get(id);
  if (location !== undefined && result.origin === 'expanded')
    walk.locations.set(id, { ...location, origin: 'expanded' });
  return result.text;
}

/** The expression itself, where it is found in the text as written. */
function expressionSpan(walk: Walk, node: Scalar, place: Place, expression: string): Span {
  const span = spanOf(node, place);
  const at = walk.source.text.slice(span.start, span.end).indexOf(expression);
  if (at < 0) return span;
  return { start: span.start + at, end: span.start + at + expression.length };
}
