// The completion scripts for bash and zsh: the same walk over the words typed so far, with each shell's own way to offer words. What is
// typed is data to them; nothing of it is evaluated.
import type { CommandEntry, CompletionModel, Offer, OptionEntry } from './completion-model.ts';

type Dialect = {
  readonly head: string;
  /** Up to the loop over the words; `called`, `count`, `skip`, `word`, `reach` are local. */
  readonly begin: string;
  readonly end: string;
  readonly offer: (offer: Offer) => string;
};

export function bashScript(model: CompletionModel): string {
  return script(model, BASH);
}

export function zshScript(model: CompletionModel): string {
  return script(model, ZSH);
}

const BASH: Dialect = {
  head: '# bash completion for bosunctl; made by `bosunctl completion bash`.\n',
  begin: `  local program="$1" called="" skip="" word="" cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}"
  local -i count=0 i
  local -a reach=()
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word="\${COMP_WORDS[i]}"
`,
  end: 'complete -F _bosunctl bosunctl\n',
  offer: (offer) => {
    switch (offer.kind) {
      case 'none':
        return ':';
      case 'files':
        return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -f -- "$cur")';
      case 'directories':
        return 'compopt -o filenames; mapfile -t COMPREPLY < <(compgen -d -- "$cur")';
      case 'words':
        return `mapfile -t COMPREPLY < <(compgen -W ${quote(offer.words.join(' '))} -- "$cur")`;
      case 'services':
      case 'jobs':
      case 'signals':
        return `mapfile -t COMPREPLY < <(compgen -W "$(_bosunctl_names ${offer.kind} 2> /dev/null)" -- "$cur")`;
    }
  },
};

const ZSH: Dialect = {
  head: '#compdef bosunctl\n# zsh completion for bosunctl; made by `bosunctl completion zsh`.\n',
  begin: `  local program="\${words[1]}" called="" skip="" word="" cur="\${words[CURRENT]}" prev="\${words[CURRENT-1]}"
  local -i count=0 i
  local -a reach
  reach=()
  for ((i = 2; i < CURRENT; i++)); do
    word="\${words[i]}"
`,
  end: 'if [ "${funcstack[1]}" = _bosunctl ]; then _bosunctl "$@"; else compdef _bosunctl bosunctl; fi\n',
  offer: (offer) => {
    switch (offer.kind) {
      case 'none':
        return ':';
      case 'files':
        return '_files';
      case 'directories':
        return '_files -/';
      case 'words':
        return `compadd -- ${offer.words.map(quote).join(' ')}`;
      case 'services':
      case 'jobs':
      case 'signals':
        return `compadd -- \${(f)"$(_bosunctl_names ${offer.kind} 2> /dev/null)"}`;
    }
  },
};

function script(model: CompletionModel, dialect: Dialect): string {
  return `${dialect.head}
_bosunctl_names() {
  "$program" "\${reach[@]}" completion --names "$1"
}

_bosunctl() {
${dialect.begin}${walk(model)}  done
  case "$called:$prev" in
${valueCases(model, dialect)}  esac
  case "$cur" in
    -*)
      case "$called" in
${optionCases(model, dialect)}      esac
      return ;;
  esac
  case "$called:$count" in
${placeCases(model, dialect)}  esac
}

${dialect.end}`;
}

/** Which command it is, how many words it has, and with which options it reaches Bosun. */
function walk({ common, commands, groups }: CompletionModel): string {
  const reach = common.filter(({ names }) => !names.includes('--json'));
  const withValue = reach.filter(({ value }) => value !== undefined).flatMap(({ names }) => names);
  const without = reach.filter(({ value }) => value === undefined).flatMap(({ names }) => names);
  const own = commands.flatMap(({ path, options }) =>
    options
      .filter(({ value }) => value !== undefined)
      .flatMap(({ names }) => names.map((name) => `${path}:${name}`)),
  );
  const skipOwn =
    own.length === 0 ? '' : `        case "$called:$word" in ${pattern(own)}) skip=own ;; esac ;;\n`;
  const heads = groups.map(({ name }) => name);
  const inGroup = heads.length === 0 ? '' : `      ${pattern(heads)}) called="$called $word" ;;\n`;
  return `    if [ -n "$skip" ]; then
      [ "$skip" = own ] || reach+=("$word")
      skip=""
      continue
    fi
    case "$word" in
      ${pattern(withValue)}) reach+=("$word"); skip=reach; continue ;;
      ${pattern(without)}) reach+=("$word"); continue ;;
      -*)
${skipOwn}        continue ;;
    esac
    case "$called" in
      "") called="$word" ;;
${inGroup}      *) count+=1 ;;
    esac
`.replace(/ ;; esac ;;\n {8}continue ;;/, ' ;; esac\n        continue ;;');
}

/** The word after an option that takes a value. */
function valueCases({ common, commands }: CompletionModel, { offer }: Dialect): string {
  const cases = (prefix: string, options: readonly OptionEntry[]): readonly string[] =>
    options.flatMap(({ names, value }) => {
      if (value === undefined) return [];
      const patterns = names.map((name) => `${prefix}${quote(name)}`).join('|');
      return [`    ${patterns}) ${offer(value)}; return ;;\n`];
    });
  const own = commands.flatMap(({ path, options }) => cases(quote(`${path}:`), options));
  return [...own, ...cases('*:', common)].join('');
}

function optionCases({ common, commands }: CompletionModel, { offer }: Dialect): string {
  const shared = [...common.flatMap(({ names }) => names), '--help'];
  const cases = commands.map(({ path, options }) => {
    const words = [...options.flatMap(({ names }) => names), ...shared];
    return `        ${quote(path)}) ${offer({ kind: 'words', words })} ;;\n`;
  });
  return `${cases.join('')}        *) ${offer({ kind: 'words', words: shared })} ;;\n`;
}

function placeCases({ entries, groups, commands }: CompletionModel, { offer }: Dialect): string {
  const words = (list: readonly { readonly name: string }[]): Offer => ({
    kind: 'words',
    words: list.map(({ name }) => name),
  });
  const first = `    ":0") ${offer(words([...entries, { name: 'help' }]))} ;;\n`;
  const help = `    "help:0") ${offer(words(entries))} ;;\n`;
  const inGroups = groups.map(({ name, subcommands }) => {
    const seconds = subcommands.map(({ path }) => ({ name: path.slice(name.length + 1) }));
    return `    ${quote(`${name}:0`)}) ${offer(words(seconds))} ;;\n`;
  });
  return [first, help, ...inGroups, ...commands.flatMap((command) => placesOf(command, offer))].join('');
}

function placesOf({ path, places, rest }: CommandEntry, offer: Dialect['offer']): readonly string[] {
  return places.flatMap((place, index) => {
    if (place.kind === 'none') return [];
    const repeats = rest === 'repeats' && index === places.length - 1;
    const key = repeats ? `${quote(`${path}:`)}*` : quote(`${path}:${index}`);
    return [`    ${key}) ${offer(place)} ;;\n`];
  });
}

function pattern(words: readonly string[]): string {
  return words.map(quote).join('|');
}

/** Between single quotes nothing means anything to a shell. */
function quote(text: string): string {
  return /^[\w./:@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
