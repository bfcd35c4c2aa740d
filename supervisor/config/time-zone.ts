// Names of time zones as the IANA database has them, by the copy that comes with Node.js.
import { ok, quote, wrong, type Parsed } from './parsed.ts';
import { didYouMean } from '../core/suggestion.ts';

const REMEDY = 'Write a name such as Europe/Berlin or UTC.';

export function parseTimeZone(value: unknown): Parsed<string> {
  if (typeof value !== 'string') return wrong(`must be the name of a time zone, not ${quote(value)}`, REMEDY);
  // The default, in every file: to ask Intl for the first time takes 10 ms.
  if (value === 'UTC') return ok(value);
  // Intl takes offsets such as +02:00 too, which no clock change ever reaches.
  if (/^[A-Za-z]/.test(value) && isKnown(value)) return ok(value);
  const hint = didYouMean(value, Intl.supportedValuesOf('timeZone'));
  return wrong(`${quote(value)} is no time zone`, hint + REMEDY);
}

function isKnown(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch {
    return false;
  }
}
