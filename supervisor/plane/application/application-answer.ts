// What an application answers, checked. Whatever text comes from it may hold the key that it was sent, so that is taken out first.
import { z } from 'zod';
import { maskValues, SHORTEST_NAMED_BYTES } from '../../core/secrets.ts';
import type { KeyError } from './channel-failure.ts';
import type { Settings } from './settings.ts';

const MOST_ERRORS = 20;
const LONGEST_MESSAGE = 200;

const settings = z.object({
  revision: z.int().min(0),
  values: z.record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()])),
});
const refusal = z.object({ errors: z.array(z.object({ key: z.string(), message: z.string() })).min(1) });

export type ReadAnswer =
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** The end of a sentence that begins with "its answer". */
  | { readonly kind: 'wrong'; readonly why: string };

export function readSettings(body: Buffer, key: string): ReadAnswer {
  const value = parse(body, key);
  if (value === undefined) return { kind: 'wrong', why: 'is not JSON in UTF-8' };
  const read = settings.safeParse(value);
  if (read.success) {
    const { revision, values } = read.data;
    return { kind: 'settings', settings: { revision, values: new Map(Object.entries(values)) } };
  }
  const [issue] = read.error.issues;
  const path = issue?.path.map(String).join('.') ?? '';
  const place = path === '' ? '' : `: ${plain(path)}`;
  return { kind: 'wrong', why: `is not {"revision": 7, "values": {..}} with scalar values${place}` };
}

/** What is wrong with which key; nothing where it does not say so as agreed. */
export function readRefusal(body: Buffer, key: string): readonly KeyError[] {
  const read = refusal.safeParse(parse(body, key));
  if (!read.success) return [];
  return read.data.errors
    .slice(0, MOST_ERRORS)
    .map((error) => ({ key: plain(error.key), message: plain(error.message) }));
}

/** Of an ETag, weak or not; undefined when it is none of ours. */
export function revisionIn(etag: string): number | undefined {
  const digits = /^(?:W\/)?"(\d{1,15})"$/.exec(etag)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** After it was read: a JSON text can write the same characters in several ways. */
function parse(body: Buffer, key: string): unknown {
  try {
    return conceal(JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)), key);
  } catch {
    // SyntaxError, TypeError, or a RangeError of what is nested without end.
    return undefined;
  }
}

function conceal(value: unknown, key: string): unknown {
  if (typeof value === 'string') return concealText(value, key);
  if (Array.isArray(value)) return value.map((part) => conceal(part, key));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]: [string, unknown]) => [
      concealText(name, key),
      conceal(part, key),
    ]),
  );
}

function concealText(text: string, key: string): string {
  return key.length < SHORTEST_NAMED_BYTES ? text : maskValues(text, [key]);
}

/** On one line. */
function plain(text: string): string {
  const line = text.replaceAll(/[\p{C}\s]+/gu, ' ').trim();
  return line.length > LONGEST_MESSAGE ? `${line.slice(0, LONGEST_MESSAGE)}...` : line;
}
