// Options that are durations: `--timeout 30s`.
import { parseDuration } from '../wire/duration.ts';
import { textOption, UsageError, type CommandInput, type CommandOption } from './command.ts';

/** The API waits no longer in one request. */
const LONGEST_MS = 600_000;

export const TIMEOUT: CommandOption = {
  flags: '--timeout <duration>',
  help: 'wait at most this long',
  default: '30s',
};

/** In milliseconds. */
export function timeoutOption(input: CommandInput): number {
  const text = textOption(input, 'timeout') ?? '30s';
  const timeoutMs = parseDuration(text);
  if (timeoutMs === undefined || timeoutMs > LONGEST_MS)
    throw new UsageError(
      `--timeout takes a duration up to 10m such as 30s or 1m30s, not ${JSON.stringify(text)}`,
    );
  return timeoutMs;
}
