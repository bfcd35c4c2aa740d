// One value of an rlimit, getrlimit(2), in the unit of its resource: bytes carry a unit, everything else is a plain number.
import type { ResourceName } from '../core/execution-spec.ts';
import { ok, quote, wrong, type Parsed } from './parsed.ts';
import { parseSize } from './size.ts';

export type LimitValue = number | 'unlimited';

const IN_BYTES: ReadonlySet<ResourceName> = new Set<ResourceName>([
  'as',
  'core',
  'data',
  'fsize',
  'memlock',
  'msgqueue',
  'rss',
  'stack',
]);

/** What the kernel takes at most, where that is less than any number. */
const MAXIMUM: Partial<Record<ResourceName, number>> = { nice: 40, rtprio: 99 };

export function isInBytes(resource: ResourceName): boolean {
  return IN_BYTES.has(resource);
}

export function parseLimit(resource: ResourceName, value: unknown): Parsed<LimitValue> {
  if (value === 'unlimited') return ok(value);
  if (value === -1 || value === '-1') return wrong('"-1" is not a limit', 'Write unlimited.');
  if (isInBytes(resource)) return parseSize(value);
  return parseCount(value, MAXIMUM[resource]);
}

function parseCount(value: unknown, maximum = Number.MAX_SAFE_INTEGER): Parsed<number> {
  const text = typeof value === 'number' ? String(value) : value;
  const remedy = 'Write a whole number, or unlimited.';
  if (typeof text !== 'string' || !/^\d{1,16}$/.test(text))
    return wrong(`must be a whole number, not ${quote(value)}`, remedy);
  const count = Number(text);
  if (count <= maximum) return ok(count);
  return wrong(`${text} is more than ${maximum}`, `Write at most ${maximum}.`);
}
