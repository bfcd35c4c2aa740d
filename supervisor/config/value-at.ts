// Reads and replaces a value by its path. Knows nothing of what the values mean.
import type { Path, PlainValue } from './plain-value.ts';

export function valueAt(value: PlainValue, path: Path): PlainValue | undefined {
  return path.reduce<PlainValue | undefined>(childOf, value);
}

function childOf(value: PlainValue | undefined, part: string | number): PlainValue | undefined {
  if (value === null || typeof value !== 'object') return undefined;
  if (Array.isArray(value)) return typeof part === 'number' ? value[part] : undefined;
  return Object.hasOwn(value, part) ? value[part] : undefined;
}

/** In place. The path must lead to a value. */
export function replaceAt(value: PlainValue, path: Path, replacement: PlainValue): void {
  const parent = valueAt(value, path.slice(0, -1));
  const last = path.at(-1);
  if (parent === null || typeof parent !== 'object' || last === undefined) return;
  if (Array.isArray(parent)) {
    if (typeof last === 'number') parent[last] = replacement;
  } else parent[last] = replacement;
}

export function removeAt(value: PlainValue, path: Path): void {
  const parent = valueAt(value, path.slice(0, -1));
  const last = path.at(-1);
  if (parent === null || typeof parent !== 'object' || Array.isArray(parent) || last === undefined) return;
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- a map read from a file, without a prototype
  delete parent[last];
}
