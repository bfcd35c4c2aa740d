// The completion script for fish: one `complete` for each command, option and place, each under the condition that it is its turn.
import type { CommandEntry, CompletionModel, Offer, OptionEntry } from './completion-model.ts';

export function fishScript(model: CompletionModel): string {
  const { common, entries, groups, commands } = model;
  const lines = [
    'complete -c bosunctl -f',
    ...entries.map(({ name, summary }) =>
      line([`-n "__bosunctl_at ''"`, '-a', quote(name), '-d', quote(summary)]),
    ),
    ...groups.flatMap(({ name, subcommands }) =>
      subcommands.map(({ path, summary }) =>
        line([condition(name), '-a', quote(path.slice(name.length + 1)), '-d', quote(summary)]),
      ),
    ),
    ...common.map((option) => line(optionWords(option))),
    ...commands.flatMap(commandLines),
  ];
  return `# fish completion for bosunctl; made by \`bosunctl completion fish\`.
${walk(model)}
${lines.join('\n')}
`;
}

/** Which command is typed, and the options with which it reaches Bosun. */
function walk({ common, groups, commands }: CompletionModel): string {
  const reach = common.filter(({ names }) => !names.includes('--json'));
  const withValue = reach.filter(({ value }) => value !== undefined).flatMap(({ names }) => names);
  const without = reach.filter(({ value }) => value === undefined).flatMap(({ names }) => names);
  const own = [...new Set(commands.flatMap(({ options }) => options))]
    .filter(({ value }) => value !== undefined)
    .flatMap(({ names }) => names);
  const heads = groups.map(({ name }) => quote(name)).join(' ');
  return `
function __bosunctl_walk
    set -g __bosunctl_called
    set -g __bosunctl_reach
    set -l skip
    set -l typed (commandline -opc)
    for word in $typed[2..-1]
        if test -n "$skip"
            test $skip = own; or set -a __bosunctl_reach $word
            set skip
            continue
        end
        switch $word
            case ${withValue.map(quote).join(' ')}
                set -a __bosunctl_reach $word
                set skip reach
            case ${without.map(quote).join(' ')}
                set -a __bosunctl_reach $word
            case ${[...new Set(own)].map(quote).join(' ')}
                set skip own
            case '-*'
            case '*'
                if test -z "$__bosunctl_called"; or contains -- "$__bosunctl_called" ${heads}
                    set -g __bosunctl_called (string trim "$__bosunctl_called $word")
                end
        end
    end
end

function __bosunctl_at
    __bosunctl_walk
    test "$__bosunctl_called" = "$argv[1]"
end

function __bosunctl_names
    __bosunctl_walk
    set -l typed (commandline -opc)
    $typed[1] $__bosunctl_reach completion --names $argv[1] 2> /dev/null
end
`;
}

function commandLines({ path, options, places, rest }: CommandEntry): readonly string[] {
  const own = options.map((option) => line([condition(path), ...optionWords(option)]));
  const place = places.findLast(({ kind }) => kind !== 'none');
  if (place === undefined) return own;
  // fish offers for every place alike; what a wrong place gets is refused by the command itself.
  const words = rest === 'repeats' || places.length === 1 ? offerWords(place) : places.flatMap(offerWords);
  return [...own, line([condition(path), ...words])];
}

function optionWords({ names, help, value }: OptionEntry): readonly string[] {
  const written = names.flatMap((name) =>
    name.startsWith('--') ? ['-l', name.slice(2)] : ['-s', name.slice(1)],
  );
  const taken = value === undefined ? [] : ['-r', ...offerWords(value)];
  return [...written, ...taken, '-d', quote(help)];
}

function offerWords(offer: Offer): readonly string[] {
  switch (offer.kind) {
    case 'none':
      return [];
    case 'files':
    case 'directories':
      return ['-F'];
    case 'words':
      return ['-a', quote(offer.words.join(' '))];
    case 'services':
    case 'jobs':
    case 'signals':
      return ['-a', quote(`(__bosunctl_names ${offer.kind})`)];
  }
}

function condition(path: string): string {
  return `-n "__bosunctl_at '${path}'"`;
}

function line(words: readonly string[]): string {
  return ['complete -c bosunctl', ...words].join(' ');
}

/** Single quotes: only a backslash and a quote mean something between them. */
function quote(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
