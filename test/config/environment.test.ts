// What a service finds in its environment: Bosun's own less what is Bosun's, then env_file, then `environment`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baseEnvironment } from '../../supervisor/config/base-environment.ts';
import { parseEnvFile } from '../../supervisor/config/env-file.ts';
import { createSource } from '../../supervisor/config/source.ts';
import { brief, diagnosticsOf, load, loadService } from './loading.ts';

test('what was meant for Bosun alone is taken away', () => {
  const own = {
    PATH: '/bin',
    LISTEN_PORT: '80',
    NOTIFY_SOCKET: '/run/notify',
    LISTEN_FDS: '1',
    LISTEN_PID: '1',
    LISTEN_FDNAMES: 'http',
    WATCHDOG_USEC: '1000',
    WATCHDOG_PID: '1',
    NODE_CHANNEL_FD: '3',
    NODE_OPTIONS: '--max-old-space-size=64',
    BOSUN_STATE_DIR: '/var/lib/bosun',
    BOSUN_SERVICE: 'outer',
    BOSUN_SOCKET: '/run/bosun.sock',
  };
  assert.deepEqual(baseEnvironment(own, 'web'), {
    PATH: '/bin',
    LISTEN_PORT: '80',
    BOSUN_SOCKET: '/run/bosun.sock',
    BOSUN_SERVICE: 'web',
  });
});

test("the container's NODE_OPTIONS reach the services by BOSUN_SERVICE_NODE_OPTIONS", () => {
  const own = { NODE_OPTIONS: '--for-bosun', BOSUN_SERVICE_NODE_OPTIONS: '--enable-source-maps' };
  assert.deepEqual(baseEnvironment(own, 'web'), {
    NODE_OPTIONS: '--enable-source-maps',
    BOSUN_SERVICE: 'web',
  });
});

test('environment as a map: as written, null takes from Bosun', async () => {
  const yaml = `
command: [a]
environment:
  PORT: 8080
  VERSION: 1.10
  OCTAL: 0755
  FLAG: true
  TEXT: "two words"
  EMPTY: ""
  TAKEN:
  ABSENT: ~
  URL: http://\${HOST}/
`;
  const { environment } = await loadService(yaml, { TAKEN: 'from bosun', HOST: 'h', NODE_OPTIONS: '-x' });
  assert.deepEqual(environment, {
    HOST: 'h',
    PORT: '8080',
    VERSION: '1.10',
    OCTAL: '0755',
    FLAG: 'true',
    TEXT: 'two words',
    EMPTY: '',
    TAKEN: 'from bosun',
    URL: 'http://h/',
    BOSUN_SERVICE: 'it',
  });
});

test('BOSUN_SERVICE is always the name of the service', async () => {
  const yaml = 'command: [a]\nenvironment: { BOSUN_SERVICE: other }';
  assert.deepEqual((await loadService(yaml)).environment, { BOSUN_SERVICE: 'it' });
});

test('environment as a list', async () => {
  const yaml = `command: [a]\nenvironment: [A=1, "B=x=y", C, D, E=]`;
  const { environment } = await loadService(yaml, { C: 'own' });
  assert.deepEqual(environment, { A: '1', B: 'x=y', C: 'own', E: '', BOSUN_SERVICE: 'it' });
});

test('env_file: in order, relative to the service file, and `environment` wins', async () => {
  const result = await load(
    {
      'services.d/it.yaml': 'command: [a]\nenv_file: [../one.env, two.env]\nenvironment: { C: yaml }',
      'one.env': 'A=one\nB=one\nC=one\nPATH=/one\n',
      'services.d/two.env': 'B=two\nTAKEN\n',
    },
    { PATH: '/bin', TAKEN: 'own' },
  );
  assert.ok(result.kind === 'loaded');
  assert.deepEqual(result.spec.services[0]?.environment, {
    A: 'one',
    B: 'two',
    C: 'yaml',
    PATH: '/one',
    TAKEN: 'own',
    BOSUN_SERVICE: 'it',
  });
});

test('a missing env_file is shown where it is named', async () => {
  const found = await diagnosticsOf({ 'services.d/it.yaml': 'command: [a]\nenv_file:\n  - gone.env\n' });
  assert.deepEqual(
    found.map(({ line, key }) => [line, key]),
    [[3, 'env_file[0]']],
  );
  assert.match(found.map(({ message }) => message).join(), /gone\.env does not exist/);
});

test('the syntax of an env_file is that of Compose', () => {
  const text = [
    '# comment',
    '',
    'PLAIN=value',
    'SPACES =  padded   # comment',
    'HASH=a#b',
    'EMPTY=',
    'ONLY_COMMENT= # nothing',
    "SINGLE='literal ${HOST} $ \\n # x'",
    'DOUBLE="a ${HOST} \\"q\\" \\\\ \\$HOST\\tend" # comment',
    'MULTI="first',
    'second"',
    'export EXPORTED=yes',
    'CHAIN=${PLAIN}-${HOST:-none}',
    'TAKEN',
    'DOTTED.name-x=1',
    'CRLF=windows\r',
  ];
  const { values, diagnostics } = parseEnvFile(createSource('x.env', text.join('\n')), (name) =>
    name === 'HOST' ? 'h' : undefined,
  );
  assert.deepEqual(diagnostics, []);
  assert.deepEqual(Object.fromEntries(values), {
    PLAIN: 'value',
    SPACES: 'padded',
    HASH: 'a#b',
    EMPTY: '',
    ONLY_COMMENT: '',
    SINGLE: 'literal ${HOST} $ \\n # x',
    DOUBLE: 'a h "q" \\ $HOST\tend',
    MULTI: 'first\nsecond',
    EXPORTED: 'yes',
    CHAIN: 'value-h',
    TAKEN: undefined,
    'DOTTED.name-x': '1',
    CRLF: 'windows',
  });
});

test('every fault of an env_file is reported with its line', () => {
  const text = 'GOOD=1\n=x\nnot a line\nOPEN="x\nA=1\n';
  const { diagnostics } = parseEnvFile(createSource('x.env', text), () => undefined);
  assert.deepEqual(brief(diagnostics), [
    'x.env:2:1 is not NAME=VALUE',
    'x.env:3:1 is not NAME=VALUE',
    'x.env:4:6 has a quote (") that is not closed',
  ]);
  const after = parseEnvFile(createSource('x.env', `A='b' c\nB=$1\nC=$UNSET\n`), () => undefined);
  assert.deepEqual(
    after.diagnostics.map(({ line, severity }) => [line, severity]),
    [
      [1, 'error'],
      [2, 'error'],
      [3, 'warning'],
    ],
  );
});
