// Wrong configurations: each rule with the place and the words that a user sees.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderDiagnostics } from '../../supervisor/config/diagnostic.ts';
import { loadConfiguration } from '../../supervisor/config/load.ts';
import { brief, diagnosticsOf, type Files } from './loading.ts';

/** One file that is wrong, with `line:column message` of each diagnostic. */
const rules: readonly (readonly [rule: string, yaml: string, expected: readonly string[]])[] = [
  ['an empty file', '', ['1:1 must be a map of keys, not nothing']],
  ['a list', '- a\n', ['1:1 must be a map of keys, not a list']],
  ['no command', '# note\ndescription: x\n', ['2:1 "command" is missing']],
  ['an empty command', 'command: []', ['1:10 names no program']],
  ['an empty program', 'command: ["", a]', ['1:10 names no program']],
  ['a blank command', 'command: " "', ['1:10 names no program']],
  ['a command of another type', 'command: { a: b }', ['1:10 must be a list or text, not a map']],
  ['a list in a command', 'command: [a, [b]]', ['1:14 must be text, not a list']],
  ['shell operators', 'command: a | b', ['1:10 has the shell operator "|", but no shell runs it']],
  ['an unclosed quote in a command', 'command: a "b', ['1:10 has a double quote that is not closed']],
  ['an unknown key', 'command: [a]\nimage: nginx', ['2:1 unknown key "image"']],
  ['an unknown key deep down', 'command: [a]\nstop: { timeuot: 5s }', ['2:9 unknown key "timeuot"']],
  [
    'a word that is none of the list',
    'command: [a]\nrestart: { policy: alway }',
    ['2:20 "alway" is not known here'],
  ],
  ['a map written as text', 'command: [a]\nrestart: always', ['2:10 must be a map, not "always"']],
  [
    'a key without a value',
    'command: [a]\nreadiness:\nmain:\n',
    ['2:1 "readiness" has no value', '3:1 "main" has no value'],
  ],
  ['a bare number as duration', 'command: [a]\nstop: { timeout: 5 }', ['2:18 "5" has no unit']],
  ['a zero period', 'command: [a]\nreadiness: { file: /a, period: 0s }', ['2:32 must be longer than 0']],
  ['an unknown signal', 'command: [a]\nstop: { signal: SIGFOO }', ['2:17 "SIGFOO" is not a signal']],
  [
    'a real-time signal',
    'command: [a]\nreload: { signal: RTMIN+1 }',
    ['2:19 "RTMIN+1" is a real-time signal, which Bosun cannot send'],
  ],
  [
    'reload by both',
    'command: [a]\nreload: { signal: HUP, command: [b] }',
    ['2:9 must have either signal or command'],
  ],
  ['reload by neither', 'command: [a]\nreload: {}', ['2:9 must have either signal or command']],
  ['a probe that is not complete', 'command: [a]\nreadiness:\n  http: {}\n', ['3:3 "url" is missing']],
  [
    'a URL that is none',
    'command: [a]\nreadiness: { http: { url: localhost } }',
    ['2:27 "localhost" is not an http or https URL'],
  ],
  [
    'a port out of range',
    'command: [a]\nreadiness: { tcp: { port: 65536 } }',
    ['2:27 must be at most 65535'],
  ],
  [
    'a port that is text',
    'command: [a]\nreadiness: { tcp: { port: "80" } }',
    ['2:27 must be a number, not "80"'],
  ],
  ['a relative working directory', 'command: [a]\nworking_dir: app', ['2:14 "app" is not an absolute path']],
  ['an exit code out of range', 'command: [a]\nsuccess_exit_codes: [0, 256]', ['2:25 must be at most 255']],
  ['no success at all', 'command: [a]\nsuccess_exit_codes: []', ['2:21 must be at least 1 in the list']],
  ['a variable without a name', 'command: [a]\nenvironment: ["=x"]', ['2:15 "=x" is not NAME=VALUE']],
  [
    'a variable with a bad name',
    'command: [a]\nenvironment: { "a=b": c }',
    ['2:16 "a=b" is not a name that can be used here'],
  ],
  ['a variable with a list', 'command: [a]\nenvironment: { A: [b] }', ['2:19 must be text, not a list']],
  [
    'a dependency with a bad name',
    'command: [a]\ndepends_on: [B]',
    ['2:14 "B" is not the name of a service'],
  ],
  [
    'a delay beyond its maximum',
    'command: [a]\nrestart: { delay: 1m }',
    ['2:1 max_delay is shorter than delay'],
  ],
  [
    'essential and main',
    'command: [a]\nessential: true\nmain: true',
    ['2:1 essential and main are both true'],
  ],
  [
    'a oneshot that is always restarted',
    'command: [a]\ntype: oneshot\nrestart: { policy: always }',
    ['3:20 a oneshot that is always restarted never completes'],
  ],
  ['a dependency on itself', 'command: [a]\ndepends_on: [it]', ['2:14 the service depends on itself']],
  ['an unknown dependency', 'command: [a]\ndepends_on: [gone]', ['2:14 no service is called "gone"']],
  [
    'a dependency twice',
    'command: [a]\ndepends_on: [o, o]',
    ['2:14 no service is called "o"', '2:17 "o" is listed twice'],
  ],
  ['a duplicate key', 'command: [a]\nmain: true\nmain: false', ['3:1 the key "main" is here a second time']],
  ['a tab', 'command: [a]\nstop:\n\ttimeout: 5s', ['3:1 a tab is used for indentation, which YAML forbids']],
  ['a second document', 'command: [a]\n---\ncommand: [b]', ['2:1 a second YAML document starts here']],
  ['a tag', 'command: !env a', ['1:10 this YAML tag has no meaning here']],
  ['an alias without an anchor', 'command: *x', ['1:10 no anchor "&x" comes before this alias']],
  ['a key that is a list', 'command: [a]\n? [x]\n: y', ['2:3 a key must be text']],
  ['a NUL character', 'command: ["a\\0b"]', ['1:11 holds a NUL character, which no program can be given']],
  ['a merge of text', 'command: [a]\n<<: x', ['2:1 only a map can be merged with "<<"']],
  [
    'a malformed variable',
    'command: [a, "x ${"]',
    ['1:17 has an expression that is not valid or not closed: ${'],
  ],
  [
    'a needed variable',
    'command: ["${A:?say which}"]',
    ['1:12 needs the variable A, which is not set: say which'],
  ],
  ['a lone dollar', "command: [sh, -c, 'echo $1']", ['1:25 has a "$" that starts no variable: $1']],
];

for (const [rule, yaml, expected] of rules) {
  test(`refused: ${rule}`, async () => {
    const diagnostics = await diagnosticsOf({ 'services.d/it.yaml': yaml });
    assert.deepEqual(
      brief(diagnostics),
      expected.map((place) => `services.d/it.yaml:${place}`),
    );
    for (const diagnostic of diagnostics)
      assert.notEqual(diagnostic.remedy, '', 'every error says what to do next');
  });
}

/** Several files, with `file:line:column message` of each diagnostic. */
const a = 'command: [a]\n';
const wholes: readonly (readonly [rule: string, files: Files, expected: readonly string[]])[] = [
  ['no services', {}, ['services.d:1:1 holds no service file']],
  [
    'a cycle, named whole, at the depends_on of its first file',
    {
      'services.d/a.yaml': `${a}depends_on: [c]`,
      'services.d/b.yaml': `${a}depends_on: { a: {} }`,
      'services.d/c.yaml': `${a}depends_on: [b]`,
    },
    ['services.d/a.yaml:2:14 these services wait for each other: a -> c -> b -> a'],
  ],
  [
    'two cycles, and an error of another kind in one of their files',
    {
      'services.d/a.yaml': `${a}depends_on: [b]\nmian: true`,
      'services.d/b.yaml': `${a}depends_on: [a]`,
      'services.d/c.yaml': `${a}depends_on: [d]`,
      'services.d/d.yaml': `${a}depends_on: [c]`,
    },
    [
      'services.d/a.yaml:2:14 these services wait for each other: a -> b -> a',
      'services.d/a.yaml:3:1 unknown key "mian"',
      'services.d/c.yaml:2:14 these services wait for each other: c -> d -> c',
    ],
  ],
  [
    'waiting for the end of what is always restarted',
    {
      'services.d/a.yaml': a,
      'services.d/b.yaml': `${a}depends_on: { a: { condition: service_completed_successfully } }`,
    },
    ['services.d/b.yaml:2:15 "a" is always restarted, so it never completes'],
  ],
  [
    'two mains',
    { 'services.d/a.yaml': `${a}main: true`, 'services.d/b.yaml': `${a}main: true` },
    ['services.d/b.yaml:2:1 "a" and "b" are both main'],
  ],
  [
    'a forward to an unknown service, of signals that are not free, of one twice',
    {
      'services.d/web.yaml': a,
      'bosun.yaml':
        'signals:\n  USR1: { service: wep }\n  TERM: { service: web }\n  FOO: { service: web }\n  USR2: { service: web }\n  SIGUSR2: { service: web }\n',
    },
    [
      'bosun.yaml:2:20 no service is called "wep"',
      'bosun.yaml:3:3 SIGTERM cannot be sent on',
      'bosun.yaml:4:3 "FOO" is not a signal',
      'bosun.yaml:6:3 SIGUSR2 is here twice',
    ],
  ],
  [
    'errors in bosun.yaml and in a service together',
    { 'services.d/web.yaml': 'comand: [a]', 'bosun.yaml': 'shutdown: { budget: 9 }\nroles: {}' },
    [
      'bosun.yaml:1:21 "9" has no unit',
      'bosun.yaml:2:1 unknown key "roles"',
      'services.d/web.yaml:1:1 unknown key "comand"',
      'services.d/web.yaml:1:1 "command" is missing',
    ],
  ],
  [
    'bosun.yaml in the wrong place',
    { 'services.d/bosun.yaml': 'shutdown: {}', 'services.d/web.yaml': a },
    [
      'services.d/bosun.yaml:1:1 is not a service: what belongs to the whole stands beside the services directory',
    ],
  ],
  [
    'a name that no service can have, and what is wrong in the file',
    { 'services.d/Web.yaml': 'main: 1' },
    [
      'services.d/Web.yaml:1:1 has a name that no service can have',
      'services.d/Web.yaml:1:1 "command" is missing',
      'services.d/Web.yaml:1:7 must be true or false, not 1',
    ],
  ],
  [
    'two files for one service',
    { 'services.d/web.yaml': a, 'services.d/web.yml': a },
    ['services.d/web.yml:1:1 describes the same service as web.yaml'],
  ],
  [
    'a directory with the name of a file',
    { 'services.d/web.yaml/x': '', 'services.d/b.yaml': a },
    ['services.d/web.yaml:1:1 is not a regular file'],
  ],
  [
    'a file beyond 1 MiB',
    { 'services.d/web.yaml': `${a}#${'x'.repeat(1 << 20)}` },
    ['services.d/web.yaml:1:1 is larger than 1 MiB'],
  ],
  [
    'bytes that are not UTF-8',
    { 'services.d/web.yaml': Buffer.concat([Buffer.from('command: [a]\n# '), Buffer.from([0xc3, 0x28])]) },
    ['services.d/web.yaml:2:3 is not valid UTF-8'],
  ],
];

for (const [rule, files, expected] of wholes) {
  test(`refused: ${rule}`, async () => {
    assert.deepEqual(brief(await diagnosticsOf(files)), expected);
  });
}

test('a directory that does not exist, and one that is a file', async () => {
  const missing = await loadConfiguration({ directory: '/nowhere/services.d', environment: {} });
  assert.ok(missing.kind === 'refused');
  assert.deepEqual(brief(missing.diagnostics), ['/nowhere/services.d:1:1 does not exist']);
  const file = await loadConfiguration({ directory: import.meta.filename, environment: {} });
  assert.ok(file.kind === 'refused');
  assert.match(file.diagnostics[0]?.message ?? '', /is not a directory/);
});

test('a named pipe is refused and does not block', async () => {
  const root = await mkdtemp(join(tmpdir(), 'bosun-config-'));
  try {
    await mkdir(join(root, 'services.d'));
    execFileSync('sh', ['-c', 'mkfifo "$0"', join(root, 'services.d/web.yaml')]);
    const result = await loadConfiguration({ directory: join(root, 'services.d'), environment: {} });
    assert.ok(result.kind === 'refused');
    assert.deepEqual(
      result.diagnostics.map(({ message }) => message),
      ['is not a regular file'],
    );
  } finally {
    await rm(root, { recursive: true });
  }
});

test('suggestions: keys, services, words of other tools', async () => {
  const cases: [string, RegExp][] = [
    ['comand: [a]\ncommand: [a]', /Did you mean "command"/],
    ['command: [a]\nhealthcheck: {}', /Bosun's name for it is "readiness"/],
    ['command: [a]\nrestart: { policy: no }', /Did you mean "never"/],
    ['command: [a]\nrestart: { policy: unless-stopped }', /Did you mean "always"/],
    ['command: [a]\ndepends_on: [othr]', /Did you mean "other"/],
    ['command: a && b', /\[sh, -c, "a && b"\]/],
    ['command: [a]\nreadiness: { tcp: { port: ${PORT} } }', /must be quoted/],
  ];
  for (const [yaml, remedy] of cases) {
    const [first] = await diagnosticsOf({ 'services.d/it.yaml': yaml, 'services.d/other.yaml': a });
    assert.match(first?.remedy ?? '', remedy, yaml);
  }
});

test('three errors in two files are all reported, with their lines', async () => {
  const fixture = new URL('../fixtures/config/wrong/', import.meta.url);
  const directory = new URL('services.d', fixture).pathname;
  const result = await loadConfiguration({ directory, environment: {} });
  assert.ok(result.kind === 'refused');
  const expected = await readFile(new URL('expected.txt', fixture), 'utf8');
  const rendered = renderDiagnostics(
    result.diagnostics.map((diagnostic) => ({
      ...diagnostic,
      file: diagnostic.file.replace(/.*\/wrong\//, ''),
    })),
    { color: false },
  );
  assert.equal(rendered, expected);
});

test('nesting and aliases have limits that are named', async () => {
  const deep = `command: ${'['.repeat(60)}${']'.repeat(60)}`;
  const aliases = `x-a: &x [${'a, '.repeat(400)}a]\ncommand: [a]\nx-y: [*x, *x, *x]`;
  const messages = async (yaml: string): Promise<string> =>
    brief(await diagnosticsOf({ 'services.d/it.yaml': yaml })).join('\n');
  assert.match(await messages(deep), /it\.yaml:1:\d+ is nested more than 40 levels deep/);
  assert.match(
    await messages(aliases),
    /^services\.d\/it\.yaml:1:\d+ needs more than 1000 values through aliases$/,
  );
});
