// `logs` of a service and of bosun.yaml: what they come to together.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LoadResult } from '../../supervisor/config/load.ts';
import { DEFAULT_LOGS, type LogSpec } from '../../supervisor/core/log-spec.ts';
import { capableMachine } from './capable-machine.ts';
import { load, type Files } from './loading.ts';

type Loaded = Extract<LoadResult, { kind: 'loaded' }>;

async function loaded(files: Files, environment: Record<string, string> = {}): Promise<Loaded> {
  const result = await load(files, environment, capableMachine);
  assert.ok(result.kind === 'loaded', JSON.stringify(result, null, 2));
  assert.deepEqual(result.warnings, []);
  return result;
}

/** Of the service `web`, with these lines below `logs`, of its file and of bosun.yaml. */
async function logsOf(own: string, fleet = ''): Promise<LogSpec> {
  const { spec } = await loaded({
    'services.d/web.yaml': `command: [a]\n${below(own)}`,
    ...(fleet === '' ? {} : { 'bosun.yaml': below(fleet) }),
  });
  assert.ok(spec.services[0]);
  return spec.services[0].logs;
}

function below(lines: string): string {
  if (lines === '') return '';
  return `logs:\n${lines
    .split('\n')
    .map((line) => `  ${line}\n`)
    .join('')}`;
}

const WEB = { 'services.d/web.yaml': 'command: [a]' };

const USUAL_FILE = {
  directory: '/run/bosun/bosun.state/logs/web',
  format: 'timed',
  maxBytes: 10 * 1024 * 1024,
  maxAgeMs: 0,
  keep: 5,
  totalBytes: 0,
  compress: 'gzip',
  mode: 0o640,
  uid: undefined,
  gid: undefined,
} as const;

test('nothing said: to the output of Bosun, as JSON, and nowhere else', async () => {
  assert.deepEqual(await logsOf(''), DEFAULT_LOGS);
});

test('every key of a service arrives', async () => {
  const files = {
    'bosun.yaml': 'logs: { sinks: { central: { syslog: { unix: /dev/log } } } }',
    'services.d/web.yaml': [
      'command: [a]',
      'environment: { API_KEY: k-123 }',
      'logs:',
      '  format: prefix',
      '  stdout: false',
      '  file:',
      '    path: /var/log/web/',
      '    format: raw',
      '    max_size: 1M',
      '    max_age: 1d',
      '    keep: 2',
      '    total: 4M',
      '    compress: zstd',
      '    mode: 0600',
      '    owner: web:staff',
      "  multiline: { first_line: '^\\S+$$', timeout: 2s }",
      '  redact: [API_KEY]',
      "  redact_patterns: ['Bearer \\S+']",
      '  forward: [central]',
    ].join('\n'),
  };
  assert.deepEqual((await loaded(files)).spec.services[0]?.logs, {
    format: 'prefix',
    stdout: 'hidden',
    file: {
      directory: '/var/log/web',
      format: 'raw',
      maxBytes: 1024 * 1024,
      maxAgeMs: 86_400_000,
      keep: 2,
      totalBytes: 4 * 1024 * 1024,
      compress: 'zstd',
      mode: 0o600,
      uid: 1000,
      gid: 50,
    },
    multiline: { firstLine: '^\\S+$', timeoutMs: 2000 },
    redact: { names: ['API_KEY'], fileValues: [], patterns: ['Bearer \\S+'] },
    forward: ['central'],
  } satisfies LogSpec);
});

test('`file: true`, and a map of nothing, are files as they usually are', async () => {
  assert.deepEqual((await logsOf('file: true')).file, USUAL_FILE);
  assert.deepEqual((await logsOf('file: {}')).file, USUAL_FILE);
  assert.equal((await logsOf('file: false')).file, undefined);
});

test('the mode is octal, with quotes or without', async () => {
  for (const [written, mode] of [
    ['0644', 0o644],
    ['"0660"', 0o660],
    ['600', 0o600],
  ] as const)
    assert.equal((await logsOf(`file: { mode: ${written} }`)).file?.mode, mode);
});

test('the owner: a user with its group, a number that nobody has, both', async () => {
  const ownerOf = async (written: string): Promise<unknown> => {
    const { file } = await logsOf(`file: { owner: "${written}" }`);
    return [file?.uid, file?.gid];
  };
  assert.deepEqual(await ownerOf('web'), [1000, 1000]);
  assert.deepEqual(await ownerOf('1000'), [1000, 1000]);
  assert.deepEqual(await ownerOf('4711'), [4711, undefined]);
  assert.deepEqual(await ownerOf('4711:staff'), [4711, 50]);
});

test('the map of a service is laid over that of bosun.yaml key by key', async () => {
  const fleet = 'file: { max_size: 50M, keep: 9, owner: web }';
  assert.deepEqual((await logsOf('', fleet)).file, {
    ...USUAL_FILE,
    maxBytes: 50 * 1024 * 1024,
    keep: 9,
    uid: 1000,
    gid: 1000,
  });
  assert.deepEqual((await logsOf('file: { keep: 0, owner: 7, format: json }', fleet)).file, {
    ...USUAL_FILE,
    format: 'json',
    maxBytes: 50 * 1024 * 1024,
    keep: 0,
    uid: 7,
    gid: undefined,
  });
});

test('a service has files of its own accord, or none of its own accord', async () => {
  assert.equal((await logsOf('file: false', 'file: { keep: 9 }')).file, undefined);
  assert.deepEqual((await logsOf('file: true', 'file: false')).file, USUAL_FILE);
  assert.equal((await logsOf('file: { keep: 3 }', 'file: false')).file?.keep, 3);
  assert.equal((await logsOf('file: true', 'file: { keep: 9 }')).file?.keep, 9);
  assert.deepEqual((await logsOf('', 'file: true')).file, USUAL_FILE);
});

test('the format of bosun.yaml is that of services which name none', async () => {
  assert.equal((await logsOf('', 'format: raw')).format, 'raw');
  assert.equal((await logsOf('format: prefix', 'format: raw')).format, 'prefix');
});

test('lists of bosun.yaml and of a service are added, each name once', async () => {
  const files = {
    'bosun.yaml':
      'logs: { redact: [A, B], redact_patterns: [x+], forward: [one], sinks: { one: { otlp: { url: "http://o/v1/logs" } }, two: { syslog: { unix: /l } } } }',
    'services.d/web.yaml':
      'command: [a]\nlogs: { redact: [B, C], redact_patterns: [y+, x+], forward: [two, one] }',
  };
  const { logs } = (await loaded(files, { A: 'a-123', B: 'b-123', C: 'c-123' })).spec.services[0] ?? {};
  assert.deepEqual(logs?.redact, { names: ['A', 'B', 'C'], fileValues: [], patterns: ['x+', 'y+'] });
  assert.deepEqual(logs.forward, ['one', 'two']);
});

test('each instance of a template has a directory of its name, below `dir` or in the state directory', async () => {
  const template = { 'services.d/web@.yaml': 'command: [a]\ninstances: 2\nlogs: { file: true }' };
  const directories = async (fleet: string): Promise<unknown> =>
    (await loaded({ ...template, 'bosun.yaml': fleet })).spec.services.map(
      ({ logs }) => logs.file?.directory,
    );
  assert.deepEqual(await directories('logs: { dir: /var/log/b }'), ['/var/log/b/web-1', '/var/log/b/web-2']);
  assert.deepEqual(await directories('state_dir: /srv/b'), ['/srv/b/logs/web-1', '/srv/b/logs/web-2']);
  const own = {
    'services.d/web@.yaml': 'command: [a]\ninstances: 2\nlogs: { file: { path: "/l/${INSTANCE}" } }',
  };
  assert.deepEqual(
    (await loaded(own)).spec.services.map(({ logs }) => logs.file?.directory),
    ['/l/1', '/l/2'],
  );
});

test('the command after `--` is treated as a service that says nothing', async () => {
  const { logs } = await loaded({ ...WEB, 'bosun.yaml': 'logs: { format: raw, file: { keep: 1 } }' });
  const ofCommand = logs.ofCommand('main');
  assert.deepEqual([ofCommand.format, ofCommand.file?.keep], ['raw', 1]);
  assert.equal(ofCommand.file?.directory, '/run/bosun/bosun.state/logs/main');
});

const SINKS = `logs:
  sinks:
    a: { syslog: { unix: /dev/log } }
    b: { syslog: { udp: "10.0.0.7:514", facility: LOCAL7 }, queue: 1M }
    c: { syslog: { tcp: "[fd00::7]:601", facility: 16 } }
    d: { otlp: { url: "https://o:4318/v1/logs", headers: { Authorization: "Bearer \${TOKEN}" } } }
    e: { loki: { url: "http://l:3100/loki/api/v1/push", labels: { env: production } } }
`;
const syslog = (transport: object, facility: number): object => ({ kind: 'syslog', transport, facility });
const QUEUE = 64 * 1024 * 1024;

test('every sink arrives, with variables expanded', async () => {
  const { logs } = await loaded({ ...WEB, 'bosun.yaml': SINKS }, { TOKEN: 's3cret' });
  assert.deepEqual(logs.sinks, [
    { name: 'a', target: syslog({ kind: 'unix', path: '/dev/log' }, 3), queueBytes: QUEUE },
    { name: 'b', target: syslog({ kind: 'udp', host: '10.0.0.7', port: 514 }, 23), queueBytes: 1 << 20 },
    { name: 'c', target: syslog({ kind: 'tcp', host: 'fd00::7', port: 601 }, 16), queueBytes: QUEUE },
    {
      name: 'd',
      target: {
        kind: 'otlp',
        url: 'https://o:4318/v1/logs',
        headers: { Authorization: 'Bearer s3cret' },
      },
      queueBytes: QUEUE,
    },
    {
      name: 'e',
      target: {
        kind: 'loki',
        url: 'http://l:3100/loki/api/v1/push',
        headers: {},
        labels: { env: 'production' },
      },
      queueBytes: QUEUE,
    },
  ]);
});
