// The leaves of the schema: durations, sizes, signals, paths. Each is parsed by a small parser of its own, whose message
// and remedy become the issue's. The metadata is what editors and the reference show.
import * as z from 'zod';
import { DURATION_PATTERN, parseDuration } from './duration.ts';
import { ok, quote, wrong, type Parsed } from './parsed.ts';
import { parseSignal, SIGNAL_NAMES } from './signal-name.ts';
import { parseSize, SIZE_PATTERN } from './size.ts';

export type Meta = { readonly description: string; readonly examples: unknown[] };

/** A value with a parser of its own. `input` says in JSON Schema's words what may be written. */
export function scalar<Value>(
  parse: (value: unknown) => Parsed<Value>,
  input: Readonly<Record<string, unknown>>,
) {
  return z
    .unknown()
    .transform((value, context): Value => {
      const result = parse(value);
      if (result.kind === 'ok') return result.value;
      context.addIssue({ code: 'custom', message: result.message, params: { remedy: result.remedy } });
      return z.NEVER;
    })
    .meta(input);
}

/** In JSON Schema a pattern holds for text only, the limits for numbers only: 0 needs no unit. */
const durationInput = { type: ['string', 'integer'], pattern: DURATION_PATTERN, minimum: 0, maximum: 0 };

export function duration(meta: Meta) {
  return scalar(parseDuration, { ...durationInput, ...meta });
}

export function positiveDuration(meta: Meta) {
  return scalar(parsePositive, { type: 'string', pattern: DURATION_PATTERN, ...meta });
}

function parsePositive(value: unknown): Parsed<number> {
  const parsed = parseDuration(value);
  if (parsed.kind === 'error' || parsed.value > 0) return parsed;
  return wrong('must be longer than 0', 'Write a duration such as 1s.');
}

/** Bytes. */
export function size(meta: Meta) {
  return scalar(parseSize, {
    type: ['string', 'integer'],
    pattern: SIZE_PATTERN,
    minimum: 0,
    maximum: 0,
    ...meta,
  });
}

export function signal(meta: Meta) {
  const short = SIGNAL_NAMES.map((name) => name.slice(3));
  return scalar(parseSignal, {
    enum: [...SIGNAL_NAMES, ...short, ...short.map((name) => name.toLowerCase())],
    ...meta,
  });
}

export function absolutePath(meta: Meta) {
  return scalar(parseAbsolutePath, { type: 'string', pattern: '^/', ...meta });
}

function parseAbsolutePath(value: unknown): Parsed<string> {
  if (typeof value !== 'string')
    return wrong(`must be a path, not ${quote(value)}`, 'Write an absolute path.');
  if (value.startsWith('/')) return ok(value);
  return wrong(`${quote(value)} is not an absolute path`, 'Write the whole path, from "/".');
}

export function httpUrl(meta: Meta) {
  return scalar(parseHttpUrl, { type: 'string', pattern: '^https?://', ...meta });
}

function parseHttpUrl(value: unknown): Parsed<string> {
  const remedy = 'Write a URL such as http://127.0.0.1:8080/healthz.';
  if (typeof value !== 'string') return wrong(`must be a URL, not ${quote(value)}`, remedy);
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return ok(value);
  return wrong(`${quote(value)} is not an http or https URL`, remedy);
}
