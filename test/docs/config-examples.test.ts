// docs/reference/config.md: every key of the schemas has a row with an example, and every example is loaded as it is shown there, in
// the smallest file that the key can stand in. An example must change what is loaded: a key that nothing comes of has no meaning.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, it } from 'node:test';
import { fleetKeys, serviceKeys } from '../../supervisor/config/json-schema.ts';
import type { LoadResult } from '../../supervisor/config/load.ts';
import { capableMachine } from '../config/capable-machine.ts';
import { load, type Files } from '../config/loading.ts';

type Row = { readonly key: string; readonly examples: readonly string[] };
type Context = { [key: string]: Context | string | number | boolean | string[] };

const PAGE = readFileSync(resolve(import.meta.dirname, '../../docs/reference/config.md'), 'utf8');
const [ofService = '', ofFleet = ''] = PAGE.split(/^## The whole/m);

/** The rows of every table whose first cell is a key: key, value, default, meaning, example. */
function rowsIn(text: string): readonly Row[] {
  return [...text.matchAll(/^\| `([\w.]+)` \|.*$/gm)].map(([line, key = '']) => {
    const cell =
      line
        .replace(/^\| | \|$/g, '')
        .split(' | ')
        .at(-1) ?? '';
    const examples = [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code.replaceAll('\\|', '|'));
    return { key, examples };
  });
}

type Schema = { readonly [keyword: string]: unknown };

function keysIn(schema: unknown, path = ''): readonly string[] {
  if (typeof schema !== 'object' || schema === null) return [];
  const { properties, additionalProperties, anyOf } = schema as Schema;
  const own = Object.entries((properties ?? {}) as Schema).flatMap(([name, below]) => {
    const key = path === '' ? name : `${path}.${name}`;
    return [key, ...keysIn(below, key)];
  });
  const choices = Array.isArray(anyOf) ? anyOf.flatMap((choice) => keysIn(choice, path)) : [];
  return [...own, ...keysIn(additionalProperties, `${path}.NAME`), ...choices];
}

/** What a key cannot stand without. */
const NEIGHBOURS: readonly (readonly [keys: RegExp, around: (holder: string) => Context])[] = [
  [/^(?!(?:command|attach|on_gone)\b)|^command\./, () => ({ command: ['sleep', '1'] })],
  [/^(?:attach|on_gone)\b/, () => ({ type: 'attached' })],
  [/^(?:attach\.|on_gone$)(?!command$)/, () => ({ attach: { command: 'sleep 1' } })],
  [/^(.+)\.http\.(?!url$)/, (holder) => nest(holder, { http: { url: 'https://127.0.0.1/' } })],
  [/^(.+)\.http\.tls\.(?!verify$)/, (holder) => nest(holder, { http: { tls: { verify: true } } })],
  [/^(.+)\.tcp\.host$/, (holder) => nest(holder, { tcp: { port: 80 } })],
  [/^(.+)\.log\.stream$/, (holder) => nest(holder, { log: { pattern: 'x' } })],
  [
    /^(readiness|liveness|startup\.probe)\.(?:initial_delay|period|timeout|grace|\w+_threshold)$/,
    (holder) => nest(holder, { tcp: { port: 80 } }),
  ],
  [/^(hooks\.\w+)\.timeout$/, (holder) => nest(holder, { command: 'true' })],
  [/^(reload)\.timeout$/, (holder) => nest(holder, { command: 'true' })],
  [/^(limits\.\w+)\.soft$/, (holder) => nest(holder, { hard: 'unlimited' })],
  [/^(limits\.\w+)\.hard$/, (holder) => nest(holder, { soft: 0 })],
  [/^(io_priority)\.level$/, (holder) => nest(holder, { class: 'best-effort' })],
  [/^down$/, () => ({ type: 'oneshot' })],
  [/^type$/, () => ({ restart: { policy: 'never' } })],
  [/^(?:schedule|every|time_zone)$/, () => ({ type: 'timer' })],
  [/^time_zone$/, () => ({ schedule: '@daily' })],
  // A file as it is without the key, so that the key must make a difference.
  [/^(logs\.file)\.(?!keep$)/, (holder) => nest(holder, { keep: 7 })],
  [/^(logs\.file)\.keep$/, (holder) => nest(holder, { format: 'raw' })],
  [/^(logs\.multiline)\.timeout$/, (holder) => nest(holder, { first_line: 'x' })],
  [/^(application)\.(?!(?:url|plaintext)$)/, (holder) => nest(holder, { url: 'https://app/config' })],
  [/^(application)\.plaintext$/, (holder) => nest(holder, { url: 'http://app/config' })],
  [/^(application)\.(?!key_file$)/, (holder) => nest(holder, { key_file: '/run/key' })],
];

const FLEET_NEIGHBOURS: typeof NEIGHBOURS = [
  [/^signals\.NAME\.signal$/, () => ({ signals: { SIGUSR1: { service: 'caddy' } } })],
  [/^(listeners\.NAME)\.(?!port$)/, () => listener({ port: 9443 })],
  [/^listeners\.NAME\.(?!(?:clients|api_keys|read_only)\b)/, () => listener({ read_only: true })],
  [/^listeners\.NAME\.tls\.(?!certificate$)/, () => listener({ tls: { certificate: 'tls/server.crt' } })],
  [/^listeners\.NAME\.tls\.(?!key$)/, () => listener({ tls: { key: 'tls/server.key' } })],
  [
    /^listeners\.NAME\.clients(?:$|\.)/,
    () => listener({ tls: { certificate: 'tls/server.crt', key: 'tls/server.key' } }),
  ],
  [
    /^listeners\.NAME\.clients\.(?!certificate_authority$)/,
    () => listener({ clients: { certificate_authority: 'tls/ca.crt' } }),
  ],
  [/^(logs\.file)\.(?!keep$)/, (holder) => nest(holder, { keep: 7 })],
  [/^(logs\.file)\.keep$/, (holder) => nest(holder, { format: 'raw' })],
  [/^logs\.forward$/, () => sink({ syslog: { unix: '/dev/log' } })],
  [/^logs\.sinks\.NAME\.queue$/, () => sink({ syslog: { unix: '/dev/log' } })],
  [/^logs\.sinks\.NAME\.syslog\.facility$/, () => sink({ syslog: { unix: '/dev/log' } })],
  [/^logs\.sinks\.NAME\.otlp\.(?!url$)/, () => sink({ otlp: { url: 'http://127.0.0.1/' } })],
  [/^(tracing\.otlp)\.(?!url$)/, (holder) => nest(holder, { url: 'http://127.0.0.1/' })],
  [/^logs\.sinks\.NAME\.loki\.(?!url$)/, () => sink({ loki: { url: 'http://127.0.0.1/' } })],
];

function listener(keys: Context): Context {
  return { listeners: { SIGUSR1: keys } };
}

function sink(keys: Context): Context {
  return { logs: { sinks: { central: keys } } };
}

function nest(holder: string, inner: Context): Context {
  return holder.split('.').reduceRight<Context>((below, part) => ({ [part]: below }), inner);
}

function merge(a: Context, b: Context): Context {
  const merged = { ...a };
  for (const [key, value] of Object.entries(b)) {
    const present = merged[key];
    merged[key] = isMap(present) && isMap(value) ? merge(present, value) : value;
  }
  return merged;
}

function isMap(value: unknown): value is Context {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function around(rules: typeof NEIGHBOURS, key: string): Context {
  return rules.reduce<Context>((context, [keys, add]) => {
    const match = keys.exec(key);
    return match === null ? context : merge(context, add(match[1] ?? ''));
  }, {});
}

/** The example verbatim at its place; without one, only what is around it. */
function linesOf([part = '', ...inner]: readonly string[], context: Context, example?: string): string[] {
  const beside = Object.entries(context).filter(([key]) => key !== part);
  const lines = beside.map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
  if (inner.length === 0) return example === undefined ? lines : [...lines, example];
  const below = context[part];
  const deeper = linesOf(inner, isMap(below) ? below : {}, example);
  return deeper.length === 0 ? lines : [...lines, `${part}:`, ...deeper.map((line) => `  ${line}`)];
}

function text(lines: readonly string[]): string {
  return `${lines.join('\n')}\n`;
}

/** What examples speak of. */
const PRESENT: Files = {
  'services.d/consul.yaml': 'command: [consul]',
  'services.d/migrate.yaml': 'type: oneshot\ncommand: [migrate]',
  'services.d/caddy.yaml': 'command: [caddy]',
  'services.d/app.env': 'A=1',
  'services.d/common.env': 'B=2',
  'tls/server.crt': '-----BEGIN CERTIFICATE-----',
  'tls/server.key': '-----BEGIN PRIVATE KEY-----',
  'tls/ca.crt': '-----BEGIN CERTIFICATE-----',
  'tls/ca.crl': '-----BEGIN X509 CRL-----',
  'bosun.yaml': 'logs: { sinks: { central: { syslog: { unix: /dev/log } } } }',
};

const ENVIRONMENT = { PATH: '/bin', API_KEY: 'key-123', DATABASE_PASSWORD: 'word-123' };

function loadWith(files: Files): Promise<LoadResult> {
  return load({ ...PRESENT, ...files }, ENVIRONMENT, capableMachine);
}

/** All that was loaded, as text. */
function asText(result: LoadResult): string {
  const { spec, settings } = result.kind === 'loaded' ? result : { spec: undefined, settings: undefined };
  return JSON.stringify([spec, settings], (_key, value: unknown) => value ?? null);
}

/** Nothing can come of these two: the only value is the default. */
const WITHOUT_EFFECT = new Set(['liveness.success_threshold', 'startup.probe.success_threshold']);
type Tested = {
  readonly title: string;
  readonly rows: readonly Row[];
  readonly keys: readonly string[];
  readonly files: (key: string, example?: string) => Files;
};

const tested: readonly Tested[] = [
  {
    title: 'of a service',
    rows: rowsIn(ofService),
    keys: keysIn(serviceKeys()),
    files: (key, example) => {
      const path = key.replace('NAME', 'consul').split('.');
      const name = key === 'instances' ? 'it@' : 'it';
      return { [`services.d/${name}.yaml`]: text(linesOf(path, around(NEIGHBOURS, key), example)) };
    },
  },
  {
    title: 'of bosun.yaml',
    rows: rowsIn(ofFleet),
    keys: keysIn(fleetKeys()),
    files: (key, example) => {
      const path = key.replace('NAME', key.startsWith('logs.') ? 'central' : 'SIGUSR1').split('.');
      return { 'bosun.yaml': text(linesOf(path, around(FLEET_NEIGHBOURS, key), example)) };
    },
  },
];

for (const { title, rows, keys, files } of tested)
  describe(`the keys ${title}`, () => {
    it('are all in the reference, each with an example', () => {
      assert.ok(keys.length > 5);
      assert.deepEqual(rows.map(({ key }) => key).toSorted(), [...new Set(keys)].toSorted());
      assert.deepEqual(
        rows.filter(({ examples }) => examples.length === 0).map(({ key }) => key),
        [],
      );
    });

    for (const { key, examples } of rows)
      for (const example of examples)
        it(`${key} can be written as ${example}`, async () => {
          const result = await loadWith(files(key, example));
          assert.ok(result.kind === 'loaded', JSON.stringify(result, null, 2));
          assert.deepEqual(result.warnings, []);
          if (WITHOUT_EFFECT.has(key)) return;
          // Where the key is required, this is refused, and differs as well.
          assert.notEqual(asText(result), asText(await loadWith(files(key))), 'the example changes nothing');
        });
  });
