// Words for what the schema refused: what is wrong in plain English, and what to write instead, with an example of the schema.
import type * as z from 'zod';
import type { Diagnostic } from './diagnostic.ts';
import { FOREIGN_KEYS, FOREIGN_VALUES, LATER_KEYS, LATER_TYPES } from './known-words.ts';
import type { Mismatch } from './mismatch.ts';
import { quote } from './parsed.ts';
import { diagnoseAt, pathText, type Path, type PlainDocument } from './plain-value.ts';
import { exampleAt, keysAt } from './schema-path.ts';
import { didYouMean } from './suggestion.ts';
import { valueAt } from './value-at.ts';

export function explainMismatch(
  schema: z.core.$ZodType,
  document: PlainDocument,
  mismatch: Mismatch,
): readonly Diagnostic[] {
  const { path } = mismatch;
  switch (mismatch.kind) {
    case 'unknown-keys':
      return mismatch.keys.map((key) => explainKey(schema, document, [...path, key]));
    case 'bad-key':
      return [diagnoseAt(document, path, 'key', badKey(path))];
    case 'type':
      return [diagnoseAt(document, path, 'value', wrongType(schema, document, mismatch))];
    case 'choice':
      return [diagnoseAt(document, path, 'value', wrongChoice(document, mismatch))];
    case 'limit':
      return [
        diagnoseAt(document, path, 'value', {
          message: `must be ${mismatch.limit}`,
          remedy: example(schema, path),
        }),
      ];
    case 'format':
      return [diagnoseAt(document, path, 'value', wrongFormat(schema, document, path))];
    case 'custom':
      return [diagnoseAt(document, path, 'value', { message: mismatch.message, remedy: mismatch.remedy })];
  }
}

type Words = { readonly message: string; readonly remedy: string };

function explainKey(schema: z.core.$ZodType, document: PlainDocument, path: Path): Diagnostic {
  const key = String(path.at(-1));
  if (LATER_KEYS.has(pathText(path))) {
    const message = `this version of Bosun does not support ${quote(pathText(path))} yet`;
    return diagnoseAt(document, path, 'key', {
      message,
      remedy: 'Remove it, or name it x-... to keep it as a note.',
    });
  }
  const known = keysAt(schema, path.slice(0, -1));
  const foreign = FOREIGN_KEYS.get(key);
  const hint = foreign === undefined ? didYouMean(key, known) : `Bosun's name for it is "${foreign}". `;
  const remedy = `${hint}Known here: ${known.join(', ')}.`;
  return diagnoseAt(document, path, 'key', { message: `unknown key ${quote(key)}`, remedy });
}

function badKey(path: Path): Words {
  const key = quote(path.at(-1));
  if (path.at(0) === 'depends_on')
    return { message: `${key} is not the name of a service`, remedy: SERVICE_NAMES };
  return {
    message: `${key} is not a name that can be used here`,
    remedy: 'It must not be empty or hold "=".',
  };
}

const SERVICE_NAMES =
  'Names are lower-case letters, digits, "-" and "_", at most 63, and start with a letter or digit.';

function wrongFormat(schema: z.core.$ZodType, document: PlainDocument, path: Path): Words {
  const value = quote(valueAt(document.value, path));
  const named = path[0] === 'depends_on' || path.at(-1) === 'service';
  if (named) return { message: `${value} is not the name of a service`, remedy: SERVICE_NAMES };
  if (path[0] === 'environment')
    return { message: `${value} is not NAME=VALUE`, remedy: 'Write NAME=VALUE, or NAME alone.' };
  return { message: `${value} has a wrong form`, remedy: example(schema, path) };
}

function wrongType(
  schema: z.core.$ZodType,
  document: PlainDocument,
  mismatch: Mismatch & { kind: 'type' },
): Words {
  const { path } = mismatch;
  const value = valueAt(document.value, path);
  if (path.length === 0)
    return {
      message: `must be a map of keys, not ${quote(value)}`,
      remedy: 'Write lines of the form "key: value".',
    };
  const key = quote(String(path.at(-1)));
  if (value === undefined)
    return { message: `${key} is missing`, remedy: `Add it. ${example(schema, path)}` };
  if (value === null)
    return {
      message: `${key} has no value`,
      remedy: `Give it one, or remove the key. ${example(schema, path)}`,
    };
  const types = mismatch.expected.map((type) => TYPE_NAMES.get(type) ?? type).join(' or ');
  return { message: `must be ${types}, not ${quote(value)}`, remedy: example(schema, path) };
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map'],
  ['record', 'a map'],
  ['null', 'empty'],
]);

function wrongChoice(document: PlainDocument, mismatch: Mismatch & { kind: 'choice' }): Words {
  const value = valueAt(document.value, mismatch.path);
  const choices = `Write one of ${mismatch.choices.join(', ')}.`;
  if (value === null) return { message: `${quote(pathText(mismatch.path))} has no value`, remedy: choices };
  if (typeof value !== 'string') return { message: `must be text, not ${quote(value)}`, remedy: choices };
  if (pathText(mismatch.path) === 'type' && LATER_TYPES.has(value)) {
    return { message: `this version of Bosun does not support the type "${value}" yet`, remedy: choices };
  }
  const foreign = FOREIGN_VALUES.get(value);
  const meant = foreign !== undefined && mismatch.choices.includes(foreign);
  const hint = meant ? `Did you mean "${foreign}"? ` : didYouMean(value, mismatch.choices);
  return { message: `${quote(value)} is not known here`, remedy: hint + choices };
}

function example(schema: z.core.$ZodType, path: Path): string {
  // A list item has the example of its list.
  for (let length = path.length; length > 0; length -= 1) {
    const found = exampleAt(schema, path.slice(0, length));
    if (found !== undefined) return `Example: ${String(path[length - 1])}: ${flow(found)}`;
  }
  return 'See the reference of the configuration.';
}

/** YAML in flow style. */
function flow(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, part]) => `${key}: ${flow(part)}`);
    return `{ ${pairs.join(', ')} }`;
  }
  if (typeof value !== 'string') return JSON.stringify(value);
  return /^[A-Za-z./_-][\w ./:@=-]*$|^\d+[a-z]+$/.test(value) ? value : JSON.stringify(value);
}
