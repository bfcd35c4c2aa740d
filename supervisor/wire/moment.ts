// Moments in requests and on the command line: a time of RFC 3339, seconds since 1970, or how long ago.
import { parseDuration } from './duration.ts';

const DATE = /^\d{4}-\d\d-\d\d(?:[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:[Zz]|[+-]\d\d:\d\d)?)?$/;
const SECONDS = /^\d{9,11}(?:\.\d{1,9})?$/;
const DAYS = /^(\d{1,5})d(.*)$/;
const DAY_MS = 86_400_000;

/** Milliseconds since 1970, or undefined when the text is none of them. Without a time zone it is UTC, as in everything that Bosun writes. */
export function parseMoment(text: string, nowMs: number): number | undefined {
  if (DATE.test(text)) return parseDate(text);
  if (SECONDS.test(text)) return Math.round(Number(text) * 1000);
  const [, days = '0', rest = text] = DAYS.exec(text) ?? [];
  const restMs = rest === '' ? 0 : parseDuration(rest);
  return restMs === undefined ? undefined : nowMs - Number(days) * DAY_MS - restMs;
}

function parseDate(text: string): number | undefined {
  const hasTime = text.includes(':');
  const hasZone = /(?:[Zz]|[+-]\d\d:\d\d)$/.test(text) && hasTime;
  const whole = text.replace(' ', 'T').toUpperCase();
  const timeMs = Date.parse(hasTime && !hasZone ? `${whole}Z` : whole);
  return Number.isNaN(timeMs) ? undefined : timeMs;
}
