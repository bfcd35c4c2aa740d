// What a shell needs to know to complete a command line, out of the table of commands: which words may come where. The scripts of the
// three shells are written from it.
import { commandsIn, type CliCommand, type CommandGroup, type CommandOption } from './command.ts';
import { COMMON_OPTIONS } from './common-options.ts';

/** What may stand in a place. `words`: these. `none`: nothing that could be known. */
export type Offer =
  | { readonly kind: 'services' | 'jobs' | 'signals' | 'files' | 'directories' | 'none' }
  | { readonly kind: 'words'; readonly words: readonly string[] };

export type OptionEntry = {
  /** With their dashes: `-f`, `--follow`. */
  readonly names: readonly string[];
  readonly help: string;
  /** Undefined when it takes no value. */
  readonly value: Offer | undefined;
};

export type CommandEntry = {
  /** As it is typed: `logs`, `job start`. */
  readonly path: string;
  readonly summary: string;
  readonly options: readonly OptionEntry[];
  /** One for each word; the last one holds for all that follow when `rest` is `repeats`. */
  readonly places: readonly Offer[];
  readonly rest: 'ends' | 'repeats';
};

export type CompletionModel = {
  /** How to reach Bosun: given on to whoever asks it for names. */
  readonly common: readonly OptionEntry[];
  /** First words with their summaries. */
  readonly entries: readonly { readonly name: string; readonly summary: string }[];
  readonly groups: readonly { readonly name: string; readonly subcommands: readonly CommandEntry[] }[];
  readonly commands: readonly CommandEntry[];
};

export function completionModel(entries: readonly (CliCommand | CommandGroup)[]): CompletionModel {
  return {
    common: COMMON_OPTIONS.map(optionEntry),
    entries: entries.map(({ name, summary }) => ({ name, summary })),
    groups: entries.flatMap((entry) =>
      'subcommands' in entry ? [{ name: entry.name, subcommands: commandEntries(entry) }] : [],
    ),
    commands: entries.flatMap(commandEntries),
  };
}

function commandEntries(entry: CliCommand | CommandGroup): readonly CommandEntry[] {
  return commandsIn(entry).map(({ path, command }) => {
    const placeholders = command.words.split(' ').filter((word) => word !== '');
    return {
      path,
      summary: command.summary,
      options: command.options.map(optionEntry),
      places: placeholders.map((word) => offerFor(path, word.replaceAll(/[<>[\].]/g, ''))),
      rest: placeholders.at(-1)?.includes('...') === true ? 'repeats' : 'ends',
    };
  });
}

function optionEntry({ flags, help, choices }: CommandOption): OptionEntry {
  const placeholder = / <(.+)>$/.exec(flags)?.[1];
  const names = flags.replace(/ <.*/, '').split(', ');
  const value = choices === undefined ? undefined : ({ kind: 'words', words: choices } as const);
  return {
    names,
    help,
    value: placeholder === undefined ? undefined : (value ?? offerFor(OPTION, placeholder)),
  };
}

/** Stands for the path of an option's value: `<name>` is that of a service only as a word of a command. */
const OPTION = '- option';

/** By the placeholder's word; `name` is that of a service, where the command is about services. */
function offerFor(path: string, placeholder: string): Offer {
  if (path === 'completion') return { kind: 'words', words: ['bash', 'zsh', 'fish'] };
  if (path.startsWith('job ') && (placeholder === 'id' || placeholder === 'job')) return { kind: 'jobs' };
  switch (placeholder) {
    case 'name':
      return path.includes(' ') ? { kind: 'none' } : { kind: 'services' };
    case 'service':
    case 'names':
      return { kind: 'services' };
    case 'signal':
      return { kind: 'signals' };
    case 'file':
    case 'path':
      return { kind: 'files' };
    case 'directory':
      return { kind: 'directories' };
    default:
      return { kind: 'none' };
  }
}
