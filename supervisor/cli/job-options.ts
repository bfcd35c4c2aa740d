// The options by which a job is described, for `job start` and `exec`.
import type { JobRequest } from '../client/job-client.ts';
import { listOption, textOption, UsageError, type CommandInput, type CommandOption } from './command.ts';

export const CONTEXT_OPTIONS: readonly CommandOption[] = [
  { flags: '-e, --env <name=value>', help: 'a variable for it; NAME alone takes your own', repeats: 'yes' },
  { flags: '-u, --user <user>', help: 'as whom it runs: a name, a number, or user:group' },
  { flags: '-w, --working-dir <directory>', help: 'where it runs' },
];

export const LIMIT_OPTIONS: readonly CommandOption[] = [
  {
    flags: '--limit <name=value>',
    help: 'as in `limits` of a service: nofile=1024, memory=512M',
    repeats: 'yes',
  },
  { flags: '--time-limit <duration>', help: 'stop it after this time' },
  {
    flags: '--stop-interval <duration>',
    help: 'between SIGINT, SIGTERM and SIGKILL when it is stopped (5s)',
  },
  { flags: '--output-limit <size>', help: 'how much of its output is kept (16M)' },
];

type Described = Omit<JobRequest, 'command' | 'service'>;

export function describedJob(
  input: CommandInput,
  own: Readonly<Record<string, string | undefined>>,
): Described {
  const variables = listOption(input, 'env').map((text) => readVariable(text, own));
  const limits = listOption(input, 'limit').map(readLimit);
  return {
    ...(variables.length === 0 ? {} : { environment: Object.fromEntries(variables) }),
    ...(limits.length === 0 ? {} : { limits: Object.fromEntries(limits) }),
    user: textOption(input, 'user'),
    working_dir: textOption(input, 'workingDir'),
    timeout: textOption(input, 'timeLimit'),
    stop_interval: textOption(input, 'stopInterval'),
    output_limit: textOption(input, 'outputLimit'),
  };
}

function readVariable(
  text: string,
  own: Readonly<Record<string, string | undefined>>,
): readonly [string, string] {
  const equals = text.indexOf('=');
  if (equals > 0) return [text.slice(0, equals), text.slice(equals + 1)];
  const value = own[text];
  if (text === '' || equals === 0 || value === undefined)
    throw new UsageError(
      `--env takes NAME=VALUE, or the name of a variable that is set, not ${JSON.stringify(text)}`,
    );
  return [text, value];
}

/** Numbers are numbers: nofile=1024. */
function readLimit(text: string): readonly [string, string | number] {
  const [, name, value] = /^([a-z_]+)=(\S+)$/.exec(text) ?? [];
  if (name === undefined || value === undefined)
    throw new UsageError(`--limit takes NAME=VALUE such as nofile=1024, not ${JSON.stringify(text)}`);
  return [name, /^\d{1,15}(\.\d{1,6})?$/.test(value) ? Number(value) : value];
}
