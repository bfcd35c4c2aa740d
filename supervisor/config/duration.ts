// Durations with units, as Compose and Go write them: 500ms, 5s, 1m30s, 2h, 0. The result is whole milliseconds.
import { ok, quote, wrong, type Parsed } from './parsed.ts';

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
export const DURATION_PATTERN = String.raw`^(\d+(\.\d+)?(ms|s|m|h|d))+$`;
const WHOLE = new RegExp(DURATION_PATTERN);
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;
/** Anything longer is a mistake, and would not be exact as a number of milliseconds. */
const MAX_MS = 10_000 * 86_400_000;
const REMEDY = 'Write a number with a unit (ms, s, m, h, d), such as 500ms, 5s or 1m30s.';

export function parseDuration(value: unknown): Parsed<number> {
  if (value === 0 || value === '0') return ok(0);
  if (typeof value === 'number') return bareNumber(String(value));
  if (typeof value !== 'string') return wrong(`must be a duration, not ${quote(value)}`, REMEDY);
  if (/^\d+(\.\d+)?$/.test(value)) return bareNumber(value);
  // The pattern is tried on short texts only: it must not cost time on a hostile one.
  if (value.length > 64 || !WHOLE.test(value)) return wrong(`${quote(value)} is not a duration`, REMEDY);
  return inRange(value, sumOfParts(value));
}

function bareNumber(text: string): Parsed<never> {
  return wrong(`${quote(text)} has no unit`, `Write the unit: ${text}s or ${text}ms.`);
}

function sumOfParts(text: string): number {
  let sumMs = 0;
  for (const [, amount = '', unit = ''] of text.matchAll(PART))
    sumMs += Number(amount) * (UNIT_MS[unit] ?? NaN);
  return Math.round(sumMs);
}

function inRange(text: string, durationMs: number): Parsed<number> {
  if (durationMs <= MAX_MS) return ok(durationMs);
  return wrong(`${quote(text)} is too long`, 'Write at most 10000d.');
}
