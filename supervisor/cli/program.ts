// bosunctl as a whole: which commands there are, and how a failure ends. A command's file is loaded when that command is
// called; it may hold a group of them (`key list`, `key create`).
import { CommanderError } from 'commander';
import { BosunClient } from '../client/bosun-client.ts';
import type { CliCommand, CommandGroup, CommandInput } from './command.ts';
import { addEntry, createProgram } from './command-tree.ts';
import { calledCommand } from './common-options.ts';
import { chooseTarget } from './connection.ts';
import { EXIT, type ExitCode } from './exit-code.ts';
import { explainFailure, renderFailure } from './failure.ts';
import type { Terminal } from './terminal.ts';

type CommandFile = () => Promise<{ readonly command: CliCommand | CommandGroup }>;

export const COMMAND_FILES: ReadonlyMap<string, CommandFile> = new Map<string, CommandFile>([
  ['status', () => import('./status.ts')],
  ['start', () => import('./start.ts')],
  ['stop', () => import('./stop.ts')],
  ['restart', () => import('./restart.ts')],
  ['reload', () => import('./reload.ts')],
  ['signal', () => import('./signal.ts')],
  ['kill', () => import('./kill.ts')],
  ['logs', () => import('./logs.ts')],
  ['events', () => import('./events.ts')],
  ['why', () => import('./why.ts')],
  ['config', () => import('./config.ts')],
  ['wait', () => import('./wait.ts')],
  ['health', () => import('./health.ts')],
  ['graph', () => import('./graph.ts')],
  ['timeline', () => import('./timeline.ts')],
  ['top', () => import('./top.ts')],
  ['trace', () => import('./trace.ts')],
  ['check', () => import('./check.ts')],
  ['plan', () => import('./plan.ts')],
  ['apply', () => import('./apply.ts')],
  ['upgrade', () => import('./upgrade.ts')],
  ['shutdown', () => import('./shutdown.ts')],
  ['job', () => import('./job.ts')],
  ['exec', () => import('./exec.ts')],
  ['key', () => import('./key.ts')],
  ['doctor', () => import('./doctor.ts')],
  ['bundle', () => import('./bundle.ts')],
  ['completion', () => import('./completion.ts')],
  ['version', () => import('./version.ts')],
]);

/** `words`: the command line after the program's name. Never rejects. */
export async function runProgram(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  let exitCode: ExitCode = EXIT.done;
  const program = createProgram(terminal);
  for (const entry of await loadCommands(words)) {
    addEntry(program, entry, async (command, input) => {
      exitCode = await runCommand(command, input, terminal);
    });
  }
  try {
    await program.parseAsync(withoutEmptyHelp(words), { from: 'user' });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
    throw error;
  }
}

/** `help nope`: commander shows all of the help, and does not say that there is no such command. */
function withoutEmptyHelp(words: readonly string[]): readonly string[] {
  if (calledCommand(words) !== 'help') return words;
  const at = words.indexOf('help');
  const asked = words[at + 1];
  if (asked === undefined || asked.startsWith('-') || asked === 'help' || COMMAND_FILES.has(asked))
    return words;
  return [...words.slice(0, at), asked];
}

/** All of them for help and for a word that is none of them; else the one that is called. */
async function loadCommands(words: readonly string[]): Promise<readonly (CliCommand | CommandGroup)[]> {
  const called = calledCommand(words);
  const file = called === undefined ? undefined : COMMAND_FILES.get(called);
  return file === undefined ? await loadAll() : [(await file()).command];
}

async function loadAll(): Promise<readonly (CliCommand | CommandGroup)[]> {
  return await Promise.all([...COMMAND_FILES.values()].map(async (load) => (await load()).command));
}

async function runCommand(command: CliCommand, input: CommandInput, terminal: Terminal): Promise<ExitCode> {
  try {
    const client = (): BosunClient => new BosunClient(chooseTarget(input, terminal));
    return await command.run({ terminal, client, entries: loadAll }, input);
  } catch (error) {
    const failure = explainFailure(error);
    terminal.complain(renderFailure(failure, input.json));
    return command.name === 'health' && failure.exitCode !== EXIT.usage ? EXIT.failed : failure.exitCode;
  }
}
