// The page of all keys of a service file and of bosun.yaml, from the schemas alone.
import { fleetJsonSchema, serviceJsonSchema } from '../../supervisor/config/json-schema.ts';

type Schema = {
  readonly description?: string;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly anyOf?: readonly Schema[];
  readonly required?: readonly string[];
};

type Row = { readonly key: string; readonly schema: Schema; readonly need: 'required' | 'optional' };

/** Every key below, each before what it holds; `NAME` stands for a key that the user chooses. */
function rowsOf(schema: Schema, path: string): readonly Row[] {
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, below]) => {
    const key = path === '' ? name : `${path}.${name}`;
    const need = schema.required?.includes(name) === true ? 'required' : 'optional';
    return [{ key, schema: below, need } as const, ...rowsOf(below, key)];
  });
  const chosen = typeof schema.additionalProperties === 'object' ? schema.additionalProperties : undefined;
  const named = chosen === undefined ? [] : rowsOf(chosen, `${path}.NAME`);
  return [...own, ...named, ...(schema.anyOf ?? []).flatMap((choice) => rowsOf(choice, path))];
}

/** Only signals have more names than anybody wants to read. */
const LISTED = 12;

function valuesOf(schema: Schema): readonly unknown[] {
  return schema.enum ?? schema.anyOf?.flatMap((choice) => choice.enum ?? []) ?? [];
}

function code(value: unknown): string {
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

function defaultOf({ schema, need }: Row): string {
  if (need === 'required') return 'required';
  const value = schema.default;
  // A map's default is that of its keys, which have rows of their own.
  if (value === undefined || (typeof value === 'object' && !Array.isArray(value))) return '';
  return code(value);
}

function lineOf(row: Row): string {
  const all = valuesOf(row.schema);
  const values = all.length > LISTED ? 'the names of signal(7)' : all.map(code).join(', ');
  const example = row.schema.examples?.[0];
  const cells = [
    code(row.key),
    defaultOf(row),
    [row.schema.description ?? '', values === '' ? '' : `One of ${values}.`].filter(Boolean).join(' '),
    example === undefined ? '' : code(example),
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}

function tableOf(schema: Schema): readonly string[] {
  return [
    '| key | default | what | example |',
    '| --- | --- | --- | --- |',
    ...rowsOf(schema, '').map(lineOf),
  ];
}

export function configPage(): string {
  return [
    '# Configuration',
    '',
    'Generated from the schemas by `scripts/generate-reference.ts`.',
    '',
    'Durations carry units (`500ms`, `5s`, `1m30s`). `${VAR}`, `${VAR:-default}`, `${VAR:?message}` and `$VAR` are expanded in',
    'values as Compose does, from the environment of Bosun; `$$` is a dollar. Unknown keys are errors; `x-` keys are free.',
    '',
    '## A service: services.d/NAME.yaml',
    '',
    ...tableOf(serviceJsonSchema()),
    '',
    '## The whole: bosun.yaml, beside that directory',
    '',
    ...tableOf(fleetJsonSchema()),
    '',
  ].join('\n');
}
