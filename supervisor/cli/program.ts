// bosunctl as a whole: which commands there are, the options that all of them take, and how a failure ends. A command's
// file is loaded when that command is called.
import { Command, CommanderError } from 'commander';
import { BosunClient } from '../client/bosun-client.ts';
import { textOption, type CliCommand, type CommandInput } from './command.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { explainFailure, renderFailure } from './failure.ts';
import { findSocket } from './find-socket.ts';
import type { Terminal } from './terminal.ts';

type CommandFile = () => Promise<{ readonly command: CliCommand }>;

export const COMMAND_FILES: ReadonlyMap<string, CommandFile> = new Map<string, CommandFile>([
  ['status', () => import('./status.ts')],
  ['start', () => import('./start.ts')],
  ['stop', () => import('./stop.ts')],
  ['restart', () => import('./restart.ts')],
  ['reload', () => import('./reload.ts')],
  ['signal', () => import('./signal.ts')],
  ['logs', () => import('./logs.ts')],
  ['events', () => import('./events.ts')],
  ['why', () => import('./why.ts')],
  ['wait', () => import('./wait.ts')],
  ['health', () => import('./health.ts')],
  ['graph', () => import('./graph.ts')],
  ['check', () => import('./check.ts')],
  ['plan', () => import('./plan.ts')],
  ['apply', () => import('./apply.ts')],
  ['shutdown', () => import('./shutdown.ts')],
  ['version', () => import('./version.ts')],
]);

const EXIT_CODE_HELP = `
Exit codes: 0 done; 1 failed or unhealthy; 2 usage; 3 not running; 4 no such
service; 5 not allowed; 6 Bosun not reachable. \`health\` gives 0 or 1 only.`;

/** `words`: the command line after the program's name. Never rejects. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const program = createProgram(terminal);
  for (const command of await loadCommands(words)) {
    addCommand(program, command, async (input) => {
      exitCode = await runCommand(command, input, terminal);
    });
  }
  try {
    await program.parseAsync(words, { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    throw error;
  }
}

function createProgram(terminal: Terminal): Command {
  return new Command('bosunctl')
    .description('Shows and controls the services that Bosun runs in this container.')
    .option('--socket <path>', "Bosun's control socket (default: $BOSUN_SOCKET, else where it usually is)")
    .option('--json', 'machine-readable output')
    .addHelpText('after', EXIT_CODE_HELP)
    .configureHelp({ showGlobalOptions: true })
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
    .exitOverride();
}

/** All of them for help and for a word that is none of them; else the one that is called. */
async function loadCommands(words: readonly string[]): Promise<readonly CliCommand[]> {
  const called = calledCommand(words);
  const file = called === undefined ? undefined : COMMAND_FILES.get(called);
  if (file !== undefined) return [(await file()).command];
  return await Promise.all([...COMMAND_FILES.values()].map(async (load) => (await load()).command));
}

function calledCommand(words: readonly string[]): string | undefined {
  const first = words.findIndex((word, index) => !word.startsWith('-') && words[index - 1] !== '--socket');
  return words[first];
}

function addCommand(
  program: Command,
  command: CliCommand,
  run: (input: CommandInput) => Promise<void>,
): void {
  const added = program
    .command(`${command.name} ${command.words}`.trimEnd())
    .summary(command.summary)
    .description(`${command.summary}.`)
    .addHelpText('after', `\nExample:\n  ${command.example}`)
    .exitOverride()
    .action(async () => {
      const options = added.optsWithGlobals<Record<string, unknown>>();
      await run({ words: added.args, options, json: options['json'] === true });
    });
  for (const option of command.options) added.option(option.flags, option.help, option.default);
}

async function runCommand(command: CliCommand, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  try {
    const client = (): BosunClient => new BosunClient(findSocket(textOption(input, 'socket'), terminal));
    return await command.run({ terminal, client }, input);
  } catch (error) {
    const failure = explainFailure(error);
    terminal.complain(renderFailure(failure, input.json));
    return command.name === 'health' && failure.exitCode !== EXIT.usage ? EXIT.failed : failure.exitCode;
  }
}
