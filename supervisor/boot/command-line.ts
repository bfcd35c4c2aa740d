// `bosun`'s own command line: options, then the environment, then defaults. Text in, a request or a complaint out; it
// starts nothing and reads nothing.
import { parseArgs } from 'node:util';
import { didYouMean } from '../core/suggestion.ts';

export type RunRequest = {
  /** Undefined: the default directories. */
  readonly configDirectory: string | undefined;
  readonly socketPath: string | undefined;
  readonly stateDir: string | undefined;
  readonly logFormat: LogFormat | undefined;
  readonly shutdownBudget: string | undefined;
  /** After `--`; empty when there is none. */
  readonly command: readonly string[];
};

export type LogFormat = 'json' | 'prefix' | 'raw';

export type Request =
  | { readonly kind: 'run'; readonly run: RunRequest }
  | { readonly kind: 'check'; readonly directory: string | undefined }
  | { readonly kind: 'help' }
  | { readonly kind: 'version' }
  | { readonly kind: 'usage-error'; readonly message: string };

export const HELP = `Bosun: PID 1 for containers that run more than one process

Usage
  bosun run [options] [-- COMMAND...]   start the services, and supervise them
                                        until the container ends
  bosun check [DIR]                     show every error in the configuration,
                                        start nothing
  bosun version

Options of run
  -c, --config DIR         one YAML file per service       BOSUN_CONFIG
                           default: /etc/bosun/services.d, then ./services.d
      --socket PATH        control socket for bosunctl     BOSUN_SOCKET
                           default: /run/bosun/bosun.sock
      --state-dir DIR      journal, output of jobs, keys   BOSUN_STATE_DIR
                           what the operator stopped stays stopped over a restart
      --log-format FORMAT  json, prefix or raw             BOSUN_LOG_FORMAT
      --shutdown-budget T  all of a stop, such as 9s       BOSUN_SHUTDOWN_BUDGET

What belongs to the whole (journal, access, listeners) is said in bosun.yaml,
beside DIR: /etc/bosun/bosun.yaml. bosunctl controls the Bosun that runs.

COMMAND runs as the service "main" once all others are ready, and its exit code
is the container's. With no services at all Bosun is a plain init: signals go to
the command, orphans are reaped.

Exit code: 0 after a requested stop; the code of the main or essential service,
128+n after a signal; 125 Bosun could not run; 126 command not executable; 127
command not found.

  bosun run                                  an image's ENTRYPOINT
  bosun run -c ./services.d -- npm test      run a command beside the services
  bosun run -- sh -c 'exit 7'                as tini and dumb-init do
`;

const OPTIONS = {
  config: { type: 'string', short: 'c' },
  socket: { type: 'string' },
  'state-dir': { type: 'string' },
  'log-format': { type: 'string' },
  'shutdown-budget': { type: 'string' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean' },
} as const;

type Environment = Readonly<Record<string, string | undefined>>;

export function parseCommandLine(argv: readonly string[], environment: Environment): Request {
  const separator = argv.indexOf('--');
  const own = separator < 0 ? argv : argv.slice(0, separator);
  const command = separator < 0 ? [] : argv.slice(separator + 1);
  try {
    const { values, positionals } = parseArgs({ args: [...own], options: OPTIONS, allowPositionals: true });
    if (values.help === true) return { kind: 'help' };
    if (values.version === true) return { kind: 'version' };
    return toRequest(positionals, values, { command, separator, environment });
  } catch (error) {
    return usageError(explainParse(error, own));
  }
}

/** Node's advice for an unknown option is how to pass it as a word, which nobody wants here. */
function explainParse(error: unknown, words: readonly string[]): string {
  const message = error instanceof Error ? error.message : String(error);
  const [, unknown] = /^Unknown option '(-[^']*)'/.exec(message) ?? [];
  if (unknown === undefined) return message;
  const hint = didYouMean(
    unknown,
    Object.keys(OPTIONS).map((name) => `--${name}`),
  );
  const isCommand =
    words[0] === 'run' && words.length > 2 ? 'The options of a command go after -- with it.' : '';
  return `unknown option ${unknown}. ${hint || isCommand}`.trimEnd();
}

type Values = {
  config?: string;
  socket?: string;
  'state-dir'?: string;
  'log-format'?: string;
  'shutdown-budget'?: string;
};
type Rest = { command: readonly string[]; separator: number; environment: Environment };

function toRequest(positionals: readonly string[], values: Values, rest: Rest): Request {
  const [verb, ...others] = positionals;
  switch (verb) {
    case undefined:
    case 'help':
      return { kind: 'help' };
    case 'version':
      return { kind: 'version' };
    case 'check':
      return {
        kind: 'check',
        directory: others[0] ?? values.config ?? rest.environment['BOSUN_CONFIG'],
      };
    case 'run':
      if (others.length > 0)
        return usageError(
          `unexpected "${others.join(' ')}": a command goes after --, as in bosun run -- ${others.join(' ')}`,
        );
      return toRun(values, rest);
    default:
      return usageError(`unknown command "${verb}"; the commands are run, check and version`);
  }
}

function toRun(values: Values, { command, separator, environment }: Rest): Request {
  if (separator >= 0 && command.length === 0) return usageError('there is no command after --');
  const format = values['log-format'] ?? environment['BOSUN_LOG_FORMAT'];
  if (format !== undefined && !isLogFormat(format))
    return usageError(`--log-format is json, prefix or raw, not "${format}"`);
  const run = {
    configDirectory: values.config ?? environment['BOSUN_CONFIG'],
    socketPath: values.socket ?? environment['BOSUN_SOCKET'],
    stateDir: values['state-dir'] ?? environment['BOSUN_STATE_DIR'],
    logFormat: format,
    shutdownBudget: values['shutdown-budget'] ?? environment['BOSUN_SHUTDOWN_BUDGET'],
    command,
  };
  return { kind: 'run', run };
}

function isLogFormat(text: string): text is LogFormat {
  return text === 'json' || text === 'prefix' || text === 'raw';
}

function usageError(message: string): Request {
  return { kind: 'usage-error', message };
}
