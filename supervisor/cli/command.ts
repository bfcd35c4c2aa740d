// What a command of bosunctl is: its description for --help and the reference, and what it does.
import type { BosunClient } from '../client/bosun-client.ts';
import type { ExitCode } from './exit-code.ts';
import type { Terminal } from './terminal.ts';

export type CommandOption = { readonly flags: string; readonly help: string; readonly default?: string };

export type CommandInput = {
  /** The words after the command. */
  readonly words: readonly string[];
  /** By their long names in camelCase, as commander gives them. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly json: boolean;
};

export type CommandContext = { readonly terminal: Terminal; readonly client: () => BosunClient };

export type CliCommand = {
  readonly name: string;
  /** As commander writes them: `<name...>`, `[name]`. */
  readonly words: string;
  readonly summary: string;
  readonly options: readonly CommandOption[];
  readonly example: string;
  readonly run: (context: CommandContext, input: CommandInput) => Promise<ExitCode>;
};

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
