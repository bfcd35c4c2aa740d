import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  listOption,
  type CliCommand,
  type CommandGroup,
  type CommandInput,
} from '../../supervisor/cli/command.ts';
import { addEntry, createProgram } from '../../supervisor/cli/command-tree.ts';
import { calledCommand } from '../../supervisor/cli/common-options.ts';
import type { Terminal } from '../../supervisor/cli/terminal.ts';
import { VERSION } from '../../supervisor/wire/version.ts';
import { bosunctl } from './support/bosunctl.ts';

const TERMINAL = { columns: 80, complain: () => undefined } as unknown as Terminal;

function command(name: string, words: string, more: Partial<CliCommand> = {}): CliCommand {
  const run = (): never => assert.fail('it is only parsed');
  return { name, words, summary: name, options: [], example: name, run, ...more };
}

const ENV = { flags: '-e, --env <pair>', help: 'a variable', repeats: 'yes' } as const;
const ENTRIES: readonly (CliCommand | CommandGroup)[] = [
  command('status', '[name]'),
  command('exec', '<service> <words...>', { passThrough: { ownWords: 1 }, options: [ENV] }),
  {
    name: 'job',
    summary: 'jobs',
    subcommands: [
      command('list', ''),
      command('start', '<words...>', { passThrough: { ownWords: 0 }, options: [ENV] }),
    ],
  },
];

async function parse(line: string): Promise<CommandInput & { readonly name: string }> {
  const program = createProgram(TERMINAL);
  let called: (CommandInput & { readonly name: string }) | undefined;
  for (const entry of ENTRIES)
    addEntry(program, entry, async ({ name }, input) => {
      called = { name, ...input };
      await Promise.resolve();
    });
  await program.parseAsync(line.split(' '), { from: 'user' });
  return called ?? assert.fail('nothing was called');
}

const WORDS: readonly (readonly [string, string, readonly string[], Readonly<Record<string, unknown>>])[] = [
  ['status web --socket /x', 'status', ['web'], { socket: '/x' }],
  ['-a h status -p 1', 'status', [], { address: 'h', port: '1' }],
  [
    'exec web ls -l -a -p -c -k -C --json --',
    'exec',
    ['web', 'ls', '-l', '-a', '-p', '-c', '-k', '-C', '--json', '--'],
    {},
  ],
  ['exec web -- ls -l -- x', 'exec', ['web', 'ls', '-l', '--', 'x'], {}],
  [
    'exec -a h --json -e A=1 -e B=2 web -- -a',
    'exec',
    ['web', '-a'],
    { address: 'h', json: true, env: ['A=1', 'B=2'] },
  ],
  ['--json exec -- web ls', 'exec', ['web', 'ls'], { json: true }],
  ['job list -a h', 'list', [], { address: 'h' }],
  ['-a h job -p 1 list --json', 'list', [], { address: 'h', port: '1', json: true }],
  ['job start sh -c -a', 'start', ['sh', '-c', '-a'], {}],
  ['job start -a h -- sh -c -- --json', 'start', ['sh', '-c', '--', '--json'], { address: 'h' }],
  ['job start -- -- x', 'start', ['--', 'x'], {}],
];

for (const [line, name, words, options] of WORDS) {
  test(`bosunctl ${line}`, async () => {
    const called = await parse(line);
    assert.deepEqual([called.name, called.words], [name, words]);
    const { env, ...others } = called.options;
    assert.deepEqual({ ...others, ...(listOption(called, 'env').length > 0 ? { env } : {}) }, options);
    assert.equal(called.json, options['json'] === true);
  });
}

test('the command among the words is found whatever options come first', () => {
  const lines = [
    'status',
    '--json status',
    '-a exec status',
    '--server-name x -c y status',
    '--api-key-file=x status',
  ];
  for (const line of lines) assert.equal(calledCommand(line.split(' ')), 'status', line);
  assert.equal(calledCommand(['--json']), undefined);
});

test('a group shows its commands; a word that is none of them gets a suggestion', async () => {
  const group = await bosunctl(['key']);
  assert.deepEqual([group.code, group.stdout], [2, '']);
  assert.match(group.stderr, /^ {2}create \[options\] \[name\] +Make an API key/m);
  const help = await bosunctl(['key', 'create', '--help']);
  assert.match(
    help.stdout,
    /^Usage: bosunctl key create [\s\S]*--role <role>[\s\S]*Example:\n {2}bosunctl key create/,
  );
  const mistyped = await bosunctl(['key', 'lst']);
  assert.deepEqual(
    [mistyped.code, /unknown command 'lst'\n\(Did you mean list\?\)/.test(mistyped.stderr)],
    [2, true],
  );
  for (const { stdout } of [help, await bosunctl(['--help'])])
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 80),
      stdout,
    );
});

const USAGE: readonly (readonly [string, RegExp])[] = [
  ['help statsu', /unknown command 'statsu'\n\(Did you mean status\?\)/],
  ['stop', /missing required argument 'name'\nSee `bosunctl stop --help`\./],
  ['job start', /missing required argument 'command'\nSee `bosunctl job start --help`\./],
  [
    'signal web HUP',
    /"web" is not a signal, such as HUP\. The signal comes first: `bosunctl\s+signal HUP web`/,
  ],
  ['signal HPU web', /"HPU" is not a signal, such as HUP\. Did you mean "HUP"\?/],
  ['job signal 4 HUP', /The signal comes first: `bosunctl\s+job signal HUP 4`/],
];

for (const [line, said] of USAGE)
  test(`bosunctl ${line}: says what is wrong with it, without asking Bosun`, async () => {
    const { code, stderr } = await bosunctl(['--socket', '/nonexistent', ...line.split(' ')]);
    assert.match(stderr, said);
    assert.equal(code, 2);
  });

test('--version needs no Bosun; a command has its own help, and points to the options of all', async () => {
  const version = await bosunctl(['--version']);
  assert.deepEqual([version.code, version.stdout], [0, `bosunctl ${VERSION}\n`]);
  const { stdout } = await bosunctl(['shutdown', '--help']);
  assert.ok(!stdout.includes('--certificate'), stdout);
  assert.match(stdout, /such as --socket and --json: `bosunctl help`\.$/m);
});
