// The level that a line says of itself, where it is cheap to see: of a line that is JSON its field, else what it begins with, as Bosun's own
// standard output has it. That a line was written to stderr says nothing: most programs write all of them there.
import { detectLevel as detectTextLevel, type Level } from '../../../logs/format/level.ts';

export type DetectedLevel = 'trace' | 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'fatal';

/** Levels stand at the beginning. */
const LOOKED_AT_BYTES = 300;
const FIELD = /"(?:level|lvl|severity|loglevel|levelname)"\s*:\s*(?:"([A-Za-z]+)|"?(\d{2})\b)/i;

const NAMES: Readonly<Record<string, DetectedLevel>> = {
  trace: 'trace',
  debug: 'debug',
  info: 'info',
  information: 'info',
  notice: 'notice',
  warn: 'warn',
  warning: 'warn',
  err: 'error',
  error: 'error',
  crit: 'fatal',
  critical: 'fatal',
  fatal: 'fatal',
  panic: 'fatal',
  alert: 'fatal',
  emerg: 'fatal',
  emergency: 'fatal',
};
/** Of pino and bunyan, and of lines of text. */
const NUMBERS: Readonly<Record<string, DetectedLevel>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

/** What a line of text is taken for that says nothing. */
const IN_DOUBT: Level = 30;

/** Undefined: it is not known. */
export function detectLevel(text: Buffer): DetectedLevel | undefined {
  const head = text.toString('latin1', 0, LOOKED_AT_BYTES);
  if (!head.trimStart().startsWith('{')) {
    const level = detectTextLevel(head, 0, head.length);
    return level === IN_DOUBT ? undefined : NUMBERS[level];
  }
  const [, name = '', number = ''] = FIELD.exec(head) ?? [];
  return NAMES[name.toLowerCase()] ?? NUMBERS[number];
}
