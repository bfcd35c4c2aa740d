// A command in the schema: a list of program and arguments, or one string that is split as a shell splits words.
import * as z from 'zod';
import type { Command } from '../core/argv.ts';
import { ok, wrong, type Parsed } from './parsed.ts';
import type { Meta } from './schema-scalars.ts';
import { splitShellWords } from './shell-words.ts';

/** The two forms in which a command may be written, for unions that have more. */
export const COMMAND_FORMS = [z.array(z.string()), z.string()] as const;

export function command(meta: Meta) {
  return z
    .union(COMMAND_FORMS)
    .transform((words, context) => commandOf(words, context))
    .meta({ title: 'command', ...meta });
}

type IssueSink = { addIssue(issue: { code: 'custom'; message: string; params: { remedy: string } }): void };

export function commandOf(words: readonly string[] | string, context: IssueSink): Command {
  const result = parseCommand(words);
  if (result.kind === 'ok') return result.value;
  context.addIssue({ code: 'custom', message: result.message, params: { remedy: result.remedy } });
  return z.NEVER;
}

function parseCommand(words: readonly string[] | string): Parsed<Command> {
  const split = typeof words === 'string' ? splitShellWords(words) : ok([...words]);
  if (split.kind === 'error') return split;
  const [program, ...args] = split.value;
  if (program !== undefined && program !== '') return ok([program, ...args]);
  return wrong('names no program', 'Write program and arguments: [program, argument].');
}
