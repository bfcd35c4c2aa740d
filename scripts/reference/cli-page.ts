// The page of bosunctl: from the same table of commands as its help, so that neither says what the other does not.
import {
  commandsIn,
  type CliCommand,
  type CommandGroup,
  type NamedCommand,
} from '../../supervisor/cli/command.ts';
import { COMMON_OPTIONS } from '../../supervisor/cli/common-options.ts';
import { EXIT, EXIT_MEANINGS } from '../../supervisor/cli/exit-code.ts';
import { COMMAND_FILES } from '../../supervisor/cli/program.ts';

const HEAD = `# bosunctl

<!-- Written by scripts/generate-reference.ts from the table of commands in supervisor/cli/. -->

\`bosunctl\` shows and controls the services that Bosun runs in this container. It talks to Bosun over the control socket, or
over the network when an address is given: the same API is open to any HTTP client, see [api.md](api.md).

## Options of every command

They may stand before or after the command's name.
`;

const AFTER_OPTIONS = `
An option wins over its variable. A failure with \`--json\` is \`{"error": {"code", "message", "next"}}\` on standard error.

Without \`--socket\` the socket is \`$BOSUN_SOCKET\` when that is set. Else it is the first that exists of
\`/run/bosun/bosun.sock\`, \`$XDG_RUNTIME_DIR/bosun/bosun.sock\`, \`/tmp/bosun-UID/bosun.sock\` and \`/dev/shm/bosun-UID/bosun.sock\`.

Output fits 80 columns, or the terminal. Colour is used on a terminal only, and not when \`NO_COLOR\` is set. Lines and bars are drawn
with characters beyond ASCII unless the locale (\`LC_ALL\`, \`LC_CTYPE\`, \`LANG\`) is one without UTF-8. Durations have units: \`500ms\`,
\`30s\`, \`1m30s\`.

## Exit codes
`;

const AFTER_CODES = `
\`health\` gives 0 or 1 only, as a container's HEALTHCHECK wants it. Its one exception is a wrong command line (2).

## Commands
`;

export async function cliPage(): Promise<string> {
  const entries = await Promise.all([...COMMAND_FILES.values()].map(async (load) => (await load()).command));
  return [
    HEAD,
    table(
      ['option', 'variable', 'meaning'],
      [
        ...COMMON_OPTIONS.map(({ flags, variable, help }) => [
          code(flags),
          variable === undefined ? '' : code(variable),
          help,
        ]),
        [code('-h, --help'), '', 'what the command does, its options, an example'],
        [code('--version'), '', 'which `bosunctl` this is; `bosunctl version` asks Bosun'],
      ],
    ),
    AFTER_OPTIONS,
    table(['code', 'meaning'], exitCodes()),
    AFTER_CODES,
    ...entries.flatMap((entry) => sectionsOf(entry)),
  ].join('\n');
}

function exitCodes(): readonly (readonly string[])[] {
  const names = Object.keys(EXIT) as (keyof typeof EXIT)[];
  return names.map((name) => [String(EXIT[name]), EXIT_MEANINGS[name]]);
}

function sectionsOf(entry: CliCommand | CommandGroup): readonly string[] {
  return commandsIn(entry).map(section);
}

function section({ path, command }: NamedCommand): string {
  const { words, summary, details, options, example } = command;
  const rows = options.map(({ flags, help, default: value }) => [
    code(flags),
    help,
    value === undefined ? '' : code(value),
  ]);
  const parts = [
    `### ${path}`,
    code(`bosunctl ${path} ${words}`.trimEnd()),
    `${summary}.`,
    ...(details === undefined ? [] : [details]),
    ...(rows.length === 0 ? [] : [table(['option', 'meaning', 'default'], rows).trimEnd()]),
    `Example: ${code(example)}`,
  ];
  return `${parts.join('\n\n')}\n`;
}

function code(text: string): string {
  return `\`${text}\``;
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows];
  return lines
    .map((cells, index) =>
      index === 1
        ? `|${cells.join('|')}|\n`
        : `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`,
    )
    .join('');
}
