// Words for what the schema refused: what is wrong in plain English, and what to write instead, with an example of the schema.
import type * as z from 'zod';
import type { Diagnostic } from './diagnostic.ts';
import { flowYaml } from './flow-yaml.ts';
import { FOREIGN_KEYS, FOREIGN_VALUES } from './known-words.ts';
import type { Mismatch } from './mismatch.ts';
import { quote } from './parsed.ts';
import { diagnoseAt, pathText, type Path, type PlainDocument } from './plain-value.ts';
import { keysAt, metaAt } from './schema-path.ts';
import { didYouMean } from '../core/suggestion.ts';
import { valueAt } from './value-at.ts';

/** Looking for what was meant costs time, and a map with more of them is no service. */
const MAX_UNKNOWN_KEYS = 100;

const MAX_LISTED = 12;

export function explainMismatch(
  schema: z.core.$ZodType,
  document: PlainDocument,
  mismatch: Mismatch,
): readonly Diagnostic[] {
  const { path } = mismatch;
  switch (mismatch.kind) {
    case 'unknown-keys':
      return mismatch.keys
        .slice(0, MAX_UNKNOWN_KEYS)
        .map((key) => explainKey(schema, document, [...path, key]));
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
      return [diagnoseAt(document, path, 'value', customWords(schema, document, mismatch))];
  }
}

type Words = { readonly message: string; readonly remedy: string };

function explainKey(schema: z.core.$ZodType, document: PlainDocument, path: Path): Diagnostic {
  const key = String(path.at(-1));
  const known = keysAt(schema, path.slice(0, -1));
  const foreign = FOREIGN_KEYS.get(key);
  const hint = foreign === undefined ? didYouMean(key, known) : `Bosun's name for it is "${foreign}". `;
  // A long list says less than a good hint.
  const list = hint === '' || known.length <= MAX_LISTED ? `Known here: ${known.join(', ')}.` : '';
  const remedy = `${hint}${list}`.trimEnd();
  return diagnoseAt(document, path, 'key', { message: `unknown key ${quote(key)}`, remedy });
}

function badKey(path: Path): Words {
  const key = quote(path.at(-1));
  if (path.at(0) === 'depends_on')
    return { message: `${key} is not the name of a service`, remedy: SERVICE_NAMES };
  if (path.at(-2) === 'sinks') return { message: `${key} is not the name of a sink`, remedy: SERVICE_NAMES };
  if ((path.at(0) === 'logs' || path.at(0) === 'tracing') && path.at(-2) === 'headers')
    return { message: `${key} is not the name of a header`, remedy: HEADER_NAMES };
  if (path.at(0) === 'logs' && path.at(-2) === 'labels')
    return { message: `${key} is not the name of a label`, remedy: LABEL_NAMES };
  return {
    message: `${key} is not a name that can be used here`,
    remedy: 'It must not be empty or hold "=".',
  };
}

const SERVICE_NAMES =
  'Names are lower-case letters, digits, "-" and "_", at most 63, and start with a letter or digit.';

const HEADER_NAMES = 'Names are letters, digits and "-", such as X-Scope-OrgID.';

const LABEL_NAMES = 'Names are letters, digits and "_", and do not start with a digit.';

const INSTANCE_NAMES =
  'Names are lower-case letters, digits, "-" and "_", and start with a letter or digit; or give a number.';

function wrongFormat(schema: z.core.$ZodType, document: PlainDocument, path: Path): Words {
  const value = quote(valueAt(document.value, path));
  const named = path[0] === 'depends_on' || path.at(-1) === 'service';
  if (named) return { message: `${value} is not the name of a service`, remedy: SERVICE_NAMES };
  if (path[0] === 'instances')
    return { message: `${value} is not the name of an instance`, remedy: INSTANCE_NAMES };
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
  if (path.length === 0) {
    return {
      message: `must be a map of keys, not ${quote(value)}`,
      remedy: 'Write lines like "key: value".',
    };
  }
  if (value === undefined) return missing(schema, path);
  if (value === null) return empty(schema, path);
  const types = mismatch.expected.map((type) => TYPE_NAMES.get(type) ?? type).join(' or ');
  return { message: `must be ${types}, not ${quote(value)}`, remedy: example(schema, path) };
}

function missing(schema: z.core.$ZodType, path: Path): Words {
  return { message: `${quote(String(path.at(-1)))} is missing`, remedy: `Add it. ${example(schema, path)}` };
}

function empty(schema: z.core.$ZodType, path: Path): Words {
  const remedy = `Give it one, or remove the key. ${example(schema, path)}`;
  return { message: `${quote(String(path.at(-1)))} has no value`, remedy };
}

function customWords(
  schema: z.core.$ZodType,
  document: PlainDocument,
  mismatch: Mismatch & { kind: 'custom' },
): Words {
  const value = valueAt(document.value, mismatch.path);
  if (value === undefined) return missing(schema, mismatch.path);
  if (value === null) return empty(schema, mismatch.path);
  return { message: mismatch.message, remedy: mismatch.remedy };
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
  const foreign = FOREIGN_VALUES.get(value);
  const meant = foreign !== undefined && mismatch.choices.includes(foreign);
  const hint = meant ? `Did you mean "${foreign}"? ` : didYouMean(value, mismatch.choices);
  return { message: `${quote(value)} is not known here`, remedy: hint + choices };
}

/** What may be written there: an example of the schema. */
function example(schema: z.core.$ZodType, path: Path): string {
  const found = metaAt(schema, path, 'examples');
  if (Array.isArray(found)) return `Example: ${String(path.at(-1))}: ${flowYaml(found[0])}`;
  // An item of a list, or of a map of names, is explained by the whole.
  return path.length > 1 ? example(schema, path.slice(0, -1)) : 'See the reference of the configuration.';
}
