// From our table of commands to commander's: options, groups, help. Nothing of commander is known to the commands themselves.
import { Command } from 'commander';
import type { CliCommand, CommandGroup, CommandInput, CommandOption } from './command.ts';
import { COMMON_OPTIONS } from './common-options.ts';
import { VERSION } from '../wire/version.ts';
import type { Terminal } from './terminal.ts';

const EXIT_CODE_HELP = `
Exit codes: 0 done; 1 failed or unhealthy; 2 usage; 3 not running; 4 no such
service or job; 5 not allowed; 6 Bosun not reachable. \`health\` gives 0 or 1
only. The options above are good after a command's name too, and have variables,
such as BOSUN_SOCKET: see docs/reference/cli.md.`;

/** In place of the same ten lines in each help. */
const COMMON_HELP = '\nAlso the options of every command, such as --socket and --json: `bosunctl help`.';

export type RunCommand = (command: CliCommand, input: CommandInput) => Promise<void>;

export function createProgram(terminal: Terminal): Command {
  const program = new Command('bosunctl')
    .description('Shows and controls the services that Bosun runs in this container.')
    .addHelpText('after', EXIT_CODE_HELP)
    // Else nothing is wrapped beside options with long names.
    .configureHelp({ minWidthToWrap: 20 })
    .version(`bosunctl ${VERSION}`, '--version', 'which bosunctl this is')
    .configureOutput({
      writeErr: (text) => {
        terminal.complain(text);
      },
      outputError: (text, write) => {
        write(text.replace(/^error: /, 'bosunctl: '));
      },
      getOutHelpWidth: () => terminal.columns,
      getErrHelpWidth: () => terminal.columns,
    })
    .showHelpAfterError('See `bosunctl help`.')
    // Else the options of a command line that is passed through would be taken for ours.
    .enablePositionalOptions()
    .exitOverride();
  for (const option of COMMON_OPTIONS) addOption(program, option);
  return program;
}

export function addEntry(parent: Command, entry: CliCommand | CommandGroup, run: RunCommand): void {
  if (!('subcommands' in entry)) {
    addCommand(parent, entry, run);
    return;
  }
  const group = parent.command(entry.name).summary(entry.summary).description(`${entry.summary}.`);
  group.addHelpText('after', COMMON_HELP);
  addCommonOptions(group);
  for (const command of entry.subcommands) addCommand(group, command, run);
}

function addCommand(parent: Command, command: CliCommand, run: RunCommand): void {
  const added = parent
    .command(`${command.name} ${command.words}`.trimEnd())
    .summary(command.summary)
    .description(`${command.summary}.`)
    .addHelpText('after', `\nExample:\n  ${command.example}\n${COMMON_HELP}`)
    .showHelpAfterError(`See \`${pathOf(parent)} ${command.name} --help\`.`)
    .passThroughOptions(command.passThrough !== undefined)
    .action(async () => {
      const options = optionsOf(added);
      await run(command, { words: ownWords(command, added.args), options, json: options['json'] === true });
    });
  for (const option of command.options) addOption(added, option);
  addCommonOptions(added);
}

function pathOf(command: Command): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`;
}

/** They are good after the command's name too; the help of the whole shows them once. */
function addCommonOptions(command: Command): void {
  for (const { flags, help } of COMMON_OPTIONS)
    command.addOption(command.createOption(flags, help).hideHelp());
}

function addOption(command: Command, { flags, help, default: value, repeats }: CommandOption): void {
  if (repeats === undefined) command.option(flags, help, value);
  else command.option(flags, help, append, []);
}

function append(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** What is said last holds: after the command's name rather than before it. */
function optionsOf(command: Command): Readonly<Record<string, unknown>> {
  const outer = command.parent === null ? {} : optionsOf(command.parent);
  return { ...outer, ...command.opts<Record<string, unknown>>() };
}

/** commander drops a `--` that comes first by itself. */
function ownWords({ passThrough }: CliCommand, words: readonly string[]): readonly string[] {
  const place = passThrough?.ownWords ?? 0;
  if (place === 0 || words[place] !== '--') return words;
  return [...words.slice(0, place), ...words.slice(place + 1)];
}
