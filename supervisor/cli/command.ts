// What a command of bosunctl is: its description for --help and the reference, and what it does.
import type { BosunClient } from '../client/bosun-client.ts';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export type CommandOption = {
  readonly flags: string;
  readonly help: string;
  readonly default?: string;
  /** What its value may be, for completion. */
  readonly choices?: readonly string[];
  /** May be given several times: `--env A=1 --env B=2`; read it with listOption. */
  readonly repeats?: 'yes';
};

export type CommandInput = {
  /** The words after the command. */
  readonly words: readonly string[];
  /** By their long names in camelCase, as commander gives them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly json: boolean;
};

export type CommandContext = {
  readonly terminal: Terminal;
  readonly client: () => BosunClient;
  /** All commands that there are. */
  readonly entries: () => Promise<readonly (CliCommand | CommandGroup)[]>;
};

export type CliCommand = {
  readonly name: string;
  /** As commander writes them: `<name...>`, `[name]`. */
  readonly words: string;
  readonly summary: string;
  readonly options: readonly CommandOption[];
  readonly example: string;
  /** What docs/reference/cli.md says beside the summary; markdown. */
  readonly details?: string;
  /**
   * The words after the first `ownWords` are another program's command line, its options too: `exec web ls -l`. A `--` before
   * them is dropped. Options of bosunctl go before the first word.
   */
  readonly passThrough?: { readonly ownWords: number };
  readonly run: (context: CommandContext, input: CommandInput) => Promise<ExitCode>;
};

/** Commands under one word: `bosunctl key list`. By itself it does nothing. */
export type CommandGroup = {
  readonly name: string;
  readonly summary: string;
  readonly subcommands: readonly CliCommand[];
};

/** With the whole name that the user types, such as `key list`. */
export type NamedCommand = { readonly path: string; readonly command: CliCommand };

export function commandsIn(entry: CliCommand | CommandGroup): readonly NamedCommand[] {
  if (!('subcommands' in entry)) return [{ path: entry.name, command: entry }];
  return entry.subcommands.map((command) => ({ path: `${entry.name} ${command.name}`, command }));
}

/** Something that the user has to correct in what they typed. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export function textOption({ options }: CommandInput, name: string): string | undefined {
  const value = options[name];
  return typeof value === 'string' ? value : undefined;
}

export function flagOption({ options }: CommandInput, name: string): boolean {
  return options[name] === true;
}

/** Of an option that `repeats`. */
export function listOption({ options }: CommandInput, name: string): readonly string[] {
  const value = options[name];
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];
}

/** A whole number that is not negative. */
export function countOption(input: CommandInput, name: string): number | undefined {
  const text = textOption(input, name);
  if (text === undefined) return undefined;
  if (!/^\d{1,15}$/.test(text))
    throw new UsageError(`--${name} takes a whole number, not ${JSON.stringify(text)}`);
  return Number(text);
}

export function firstWord({ words }: CommandInput): string {
  return words[0] ?? '';
}

export async function printJson(terminal: Terminal, value: unknown): Promise<void> {
  await terminal.print(`${JSON.stringify(value, undefined, 2)}\n`);
}
