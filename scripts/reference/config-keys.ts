// The keys of a configuration file, one row for each, from the schema alone: what may stand there, the default, what it means, and
// examples as they are written.
import { flowYaml } from '../../supervisor/config/flow-yaml.ts';
import { DURATION_PATTERN } from '../../supervisor/config/duration.ts';
import { SIGNAL_NAMES } from '../../supervisor/config/signal-name.ts';
import { SIZE_PATTERN } from '../../supervisor/config/size.ts';

export type KeySchema = {
  readonly title?: string;
  readonly type?: string | readonly string[];
  readonly pattern?: string;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly const?: unknown;
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly items?: KeySchema;
  readonly properties?: Readonly<Record<string, KeySchema>>;
  readonly additionalProperties?: KeySchema | boolean;
  readonly anyOf?: readonly KeySchema[];
  readonly required?: readonly string[];
};

export type KeyRow = {
  /** `NAME` stands for a key that the user chooses. */
  readonly key: string;
  readonly schema: KeySchema;
  readonly need: 'required' | 'optional';
};

/** Every key below, each before what it holds. */
export function rowsOf(schema: KeySchema, path = ''): readonly KeyRow[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, below]) => {
    const key = path === '' ? name : `${path}.${name}`;
    const need = schema.required?.includes(name) === true ? 'required' : 'optional';
    return [{ key, schema: below, need } as const, ...rowsOf(below, key)];
  });
  const chosen = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const named = chosen === undefined ? [] : rowsOf(chosen, `${path}.NAME`);
  return [...own, ...named, ...(schema.anyOf ?? []).flatMap((choice) => rowsOf(choice, path))];
}

export function tableOf(rows: readonly KeyRow[]): readonly string[] {
  return [
    '| key | value | default | meaning | example |',
    '| --- | --- | --- | --- | --- |',
    ...rows.map(lineOf),
  ];
}

function lineOf(row: KeyRow): string {
  const { key, schema } = row;
  const cells = [code(key), typeOf(schema), defaultOf(row), schema.description ?? '', examplesOf(row)];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function defaultOf({ schema, need }: KeyRow): string {
  if (need === 'required') return 'required';
  const value = schema.default;
  if (value === undefined || value === '') return '';
  // A map's default is that of its keys, which have rows of their own.
  if (typeof value === 'object' && !Array.isArray(value)) return '';
  return code(flowYaml(value));
}

function examplesOf({ key, schema }: KeyRow): string {
  const name = key.split('.').at(-1) ?? key;
  return (schema.examples ?? []).map((example) => code(`${name}: ${flowYaml(example)}`)).join('<br>');
}

/** Only signals and capabilities have more names than anybody wants to read. */
const LISTED = 12;

function typeOf(schema: KeySchema): string {
  // What is not a type of JSON has its name in the schema.
  if (schema.title !== undefined) return schema.title;
  const types = schema.anyOf === undefined ? oneType(schema) : schema.anyOf.flatMap(oneType);
  return [...new Set(types)].join(' or ');
}

function oneType(schema: KeySchema): readonly string[] {
  if (schema.enum !== undefined) return [choice(schema.enum)];
  if (schema.const !== undefined) return [code(flowYaml(schema.const))];
  if (schema.pattern?.includes(DURATION_PATTERN) === true) return ['duration'];
  if (schema.pattern?.includes(SIZE_PATTERN) === true) return ['size'];
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap(oneType);
  const types = typeof schema.type === 'string' ? [schema.type] : (schema.type ?? []);
  return types.map((type) => plainType(type, schema));
}

function choice(values: readonly unknown[]): string {
  if (values.includes(SIGNAL_NAMES[0])) return 'signal';
  return values.length > LISTED ? 'name' : values.map((value) => code(String(value))).join(', ');
}

function plainType(type: string, schema: KeySchema): string {
  switch (type) {
    case 'string':
      return textType(schema.pattern);
    case 'boolean':
      return '`true`, `false`';
    case 'integer':
    case 'number':
      return numberType(type, schema);
    case 'array':
      return schema.items === undefined ? 'list' : `list of ${plural(typeOf(schema.items))}`;
    case 'null':
      return 'nothing';
    default:
      return 'map';
  }
}

function textType(pattern: string | undefined): string {
  if (pattern === '^/') return 'absolute path';
  return pattern === '^https?://' ? 'URL' : 'text';
}

function plural(type: string): string {
  return type.replace(/\b(text|name|signal|number)\b/g, '$1s');
}

function numberType(type: 'integer' | 'number', { minimum, maximum }: KeySchema): string {
  const from = minimum === undefined || minimum <= Number.MIN_SAFE_INTEGER ? undefined : minimum;
  const to = maximum === undefined || maximum >= Number.MAX_SAFE_INTEGER ? undefined : maximum;
  const noun = type === 'integer' ? 'number' : 'number with a fraction';
  if (from !== undefined && from === to) return code(String(from));
  return [noun, from === undefined ? '' : ` from ${from}`, to === undefined ? '' : ` to ${to}`].join('');
}
