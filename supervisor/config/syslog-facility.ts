// The facilities of syslog, by the names of syslog.conf(5) or the numbers of RFC 5424, section 6.2.1.
import { didYouMean } from '../core/suggestion.ts';
import { ok, quote, wrong, type Parsed } from './parsed.ts';

/** In the order of their numbers, from 0. */
export const FACILITY_NAMES = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  'local0',
  'local1',
  'local2',
  'local3',
  'local4',
  'local5',
  'local6',
  'local7',
] as const;

/** The number. */
export function parseFacility(value: unknown): Parsed<number> {
  const last = FACILITY_NAMES.length - 1;
  const remedy = `Write a name such as daemon or local0, or a number from 0 to ${last}.`;
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string') return wrong(`must be a facility, not ${quote(value)}`, remedy);
  const index = /^\d{1,2}$/.test(text)
    ? Number(text)
    : FACILITY_NAMES.findIndex((name) => name === text.toLowerCase());
  if (index >= 0 && index <= last) return ok(index);
  const message = `${quote(value)} is not a facility of syslog`;
  return wrong(message, `${didYouMean(text, FACILITY_NAMES)}${remedy}`);
}
