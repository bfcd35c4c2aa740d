// Holds the plain values of a file against its schema. Before anything is called wrong, three things are made right: keys that
// start with x- are dropped, `${PORT}` or `80${N}` may stand for a number, and an unquoted 1.10 may stand for text, as it is written.
import type * as z from 'zod';
import type { Diagnostic } from './diagnostic.ts';
import { explainMismatch } from './explain-mismatch.ts';
import { toMismatches, type Mismatch } from './mismatch.ts';
import { pathId, type PlainDocument, type PlainValue } from './plain-value.ts';
import { removeAt, replaceAt, valueAt } from './value-at.ts';

export type Validated<Value> = {
  /** Undefined when something is wrong. */
  readonly value: Value | undefined;
  readonly diagnostics: readonly Diagnostic[];
};

/** What has been made right may show what lies deeper. Each level of the schema needs at most one more round. */
const MAX_ROUNDS = 8;

/** A file with more is no configuration; each costs a look for what was meant. */
const MAX_MISMATCHES = 100;

export function validate<Schema extends z.core.$ZodType>(
  schema: Schema & { safeParse(value: unknown): z.ZodSafeParseResult<z.output<Schema>> },
  document: PlainDocument,
): Validated<z.output<Schema>> {
  let result = schema.safeParse(document.value);
  for (let round = 0; round < MAX_ROUNDS && !result.success; round += 1) {
    const changes = toMismatches(result.error.issues).map((mismatch) => adjust(document, mismatch));
    if (!changes.includes('changed')) break;
    result = schema.safeParse(document.value);
  }
  if (result.success) return { value: result.data, diagnostics: [] };
  const unreported = toMismatches(result.error.issues).filter(
    (mismatch) => mismatch.kind === 'unknown-keys' || !document.reported.has(pathId(mismatch.path)),
  );
  return {
    value: undefined,
    diagnostics: unreported
      .slice(0, MAX_MISMATCHES)
      .flatMap((mismatch) => explainMismatch(schema, document, mismatch)),
  };
}

type Change = 'changed' | 'same';

function adjust(document: PlainDocument, mismatch: Mismatch): Change {
  switch (mismatch.kind) {
    case 'unknown-keys':
      return dropExtensions(document, mismatch);
    case 'type':
      return changeType(document, mismatch);
    case 'choice':
    case 'bad-key':
    case 'limit':
    case 'format':
    case 'custom':
      return 'same';
  }
}

function dropExtensions(document: PlainDocument, mismatch: Mismatch & { kind: 'unknown-keys' }): Change {
  const extensions = mismatch.keys.filter((key) => key.startsWith('x-'));
  for (const key of extensions) removeAt(document.value, [...mismatch.path, key]);
  return extensions.length > 0 ? 'changed' : 'same';
}

function changeType(document: PlainDocument, mismatch: Mismatch & { kind: 'type' }): Change {
  const location = document.locations.get(pathId(mismatch.path));
  const value = valueAt(document.value, mismatch.path);
  if (location === undefined || value === undefined) return 'same';
  const replacement = mismatch.expected
    .map((expected) => fit(value, expected, location.written, location.origin))
    .find((candidate) => candidate !== undefined);
  if (replacement === undefined) return 'same';
  replaceAt(document.value, mismatch.path, replacement);
  return 'changed';
}

function fit(
  value: PlainValue,
  expected: string,
  written: string | undefined,
  origin: 'written' | 'expanded',
): PlainValue | undefined {
  if (expected === 'string' && (typeof value === 'number' || typeof value === 'boolean')) return written;
  if (origin !== 'expanded' || typeof value !== 'string') return undefined;
  if (expected === 'boolean' && (value === 'true' || value === 'false')) return value === 'true';
  if ((expected === 'number' || expected === 'int') && /^-?\d{1,15}(\.\d{1,6})?$/.test(value))
    return Number(value);
  return undefined;
}
