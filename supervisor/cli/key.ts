// `bosunctl key`: the API keys, for those who come over TCP without a certificate. A new key goes to standard output alone, so
// that `> file` keeps it; what it is goes to standard error.
import { describeDuration, parseDuration } from '../wire/duration.ts';
import type { KeyView, NewKeyView } from '../wire/key-view.ts';
import {
  firstWord,
  printJson,
  textOption,
  UsageError,
  type CliCommand,
  type CommandGroup,
  type CommandInput,
} from './command.ts';
import { EXIT } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

const list: CliCommand = {
  name: 'list',
  words: '',
  summary: 'Show the API keys: id, role, name and end, never the key itself',
  example: 'bosunctl key list',
  options: [],
  run: async ({ terminal, client }, { json }) => {
    const view = await client().keys.list();
    if (json) await printJson(terminal, view);
    else await terminal.print(renderKeys(view.keys, terminal));
    return EXIT.done;
  },
};

const create: CliCommand = {
  name: 'create',
  words: '[name]',
  summary: 'Make an API key and print it, this once',
  example: 'bosunctl key create --role observe grafana > grafana.key',
  options: [{ flags: '--role <role>', help: 'observe, control or admin' }],
  details: `Standard output has the key and nothing else. Bosun keeps only its hash: a key that is lost is made anew. The name is for
people, and is the role without one.`,
  run: async ({ terminal, client }, input) => {
    const role = roleOption(input);
    const name = firstWord(input) === '' ? role : firstWord(input);
    await printNewKey(terminal, await client().keys.create({ name, role }), input);
    return EXIT.done;
  },
};

const rotate: CliCommand = {
  name: 'rotate',
  words: '<id>',
  summary: 'Make another key in place of one, with the same name and role, and print it',
  example: 'bosunctl key rotate 3f9ac21b --overlap 10m > new.key',
  options: [{ flags: '--overlap <duration>', help: 'how long the old key stays good', default: '0' }],
  details:
    'With an overlap both keys are good for that long, so that whoever uses it can change over without a gap.',
  run: async ({ terminal, client }, input) => {
    const overlapMs = overlapOption(input);
    await printNewKey(terminal, await client().keys.rotate(firstWord(input), { overlapMs }), input);
    return EXIT.done;
  },
};

const revoke: CliCommand = {
  name: 'revoke',
  words: '<id>',
  summary: 'Refuse an API key from now on',
  example: 'bosunctl key revoke 3f9ac21b',
  options: [],
  run: async ({ terminal, client }, input) => {
    const view = await client().keys.revoke(firstWord(input));
    if (input.json) await printJson(terminal, view);
    else await terminal.print(`${firstWord(input)} is revoked\n`);
    return EXIT.done;
  },
};

export const command: CommandGroup = {
  name: 'key',
  summary: 'List, make, rotate and revoke API keys',
  subcommands: [list, create, rotate, revoke],
};

const ROLE_NAMES: readonly KeyView['role'][] = ['observe', 'control', 'admin'];

function roleOption(input: CommandInput): KeyView['role'] {
  const text = textOption(input, 'role');
  const role = ROLE_NAMES.find((name) => name === text);
  if (role !== undefined) return role;
  const problem = text === undefined ? 'key create needs' : `there is no role ${JSON.stringify(text)}; give`;
  throw new UsageError(`${problem} --role observe, --role control or --role admin`);
}

function overlapOption(input: CommandInput): number {
  const text = textOption(input, 'overlap') ?? '0';
  const overlapMs = parseDuration(text);
  if (overlapMs === undefined)
    throw new UsageError(`--overlap takes a duration such as 10m or 1h, not ${JSON.stringify(text)}`);
  return overlapMs;
}

async function printNewKey(terminal: Terminal, view: NewKeyView, { json }: CommandInput): Promise<void> {
  if (json) {
    await printJson(terminal, view);
    return;
  }
  await terminal.print(`${view.key}\n`);
  terminal.complain(
    `bosunctl: key ${view.id} (${view.name}, ${view.role}). It is shown this once: keep it.\n` +
      `  Use it with --api-key-file FILE or BOSUN_API_KEY.\n${describeReplaced(view)}`,
  );
}

function describeReplaced({ replaces }: NewKeyView): string {
  if (replaces === undefined) return '';
  const until = replaces.expires === null ? 'is refused from now on' : `stays good until ${replaces.expires}`;
  return `  The old key ${replaces.id} ${until}.\n`;
}

function renderKeys(keys: readonly KeyView[], terminal: Terminal): string {
  if (keys.length === 0) return 'There are no API keys. Make one with `bosunctl key create --role ROLE`.\n';
  const rows = [
    ['ID', 'ROLE', 'MADE', 'ENDS', 'NAME'],
    ...keys.map(({ id, role, created, expires, name }) => [id, role, ageOf(created), endOf(expires), name]),
  ];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row, index) => {
      const line = row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ');
      const shown =
        line.length > terminal.columns ? `${line.slice(0, terminal.columns - 3)}...` : line.trimEnd();
      return `${index === 0 ? terminal.paint('bold', shown) : shown}\n`;
    })
    .join('');
}

function ageOf(created: string): string {
  return `${describeDuration(Date.now() - Date.parse(created))} ago`;
}

function endOf(expires: string | null): string {
  return expires === null ? '-' : `in ${describeDuration(Date.parse(expires) - Date.now())}`;
}
