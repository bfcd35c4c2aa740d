// The level that a line says of itself, where it is cheap to see: a field of JSON or logfmt, or a word in capitals or brackets near its
// beginning. That a line was written to stderr says nothing: most programs write all of them there.

export type DetectedLevel = 'trace' | 'debug' | 'info' | 'notice' | 'warn' | 'error' | 'fatal';

/** Levels stand at the beginning. */
const LOOKED_AT_BYTES = 300;
const FIELD = /["']?\b(?:level|lvl|severity|loglevel|levelname)["']?\s*[:=]\s*(?:"?([A-Za-z]+)|"?(\d{2})\b)/i;
const WORD =
  /(?:^|[\s[(<|])(TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERR(?:OR)?|CRIT(?:ICAL)?|FATAL|PANIC|EMERG(?:ENCY)?|ALERT)(?=$|[\s\])>|:,])/;
const BRACKETS =
  /\[(trace|debug|info|notice|warn(?:ing)?|err(?:or)?|crit(?:ical)?|fatal|panic|emerg|alert)\]/i;

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
/** Of pino and bunyan. */
const NUMBERS: Readonly<Record<string, DetectedLevel>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};

export function detectLevel(text: Buffer): DetectedLevel | undefined {
  const head = text.toString('latin1', 0, LOOKED_AT_BYTES);
  const field = FIELD.exec(head);
  if (field !== null) {
    const [, name = '', number = ''] = field;
    const level = NAMES[name.toLowerCase()] ?? NUMBERS[number];
    if (level !== undefined) return level;
  }
  const word = WORD.exec(head)?.[1] ?? BRACKETS.exec(head)?.[1];
  return word === undefined ? undefined : NAMES[word.toLowerCase()];
}
