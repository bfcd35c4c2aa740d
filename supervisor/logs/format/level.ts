// How grave a line of text is, in pino's numbers, as far as it can be told from its first word at little cost: syslog's `<3>`, a word that is
// written as levels are, klog's letter, logfmt's level=. What is in doubt is of level info, on stderr too: many programs write all they have to say there.

export type Level = 10 | 20 | 30 | 40 | 50 | 60;

const INFO: Level = 30;

/** sd-daemon(3): from SD_EMERG to SD_DEBUG. */
const SYSLOG_LEVELS: readonly Level[] = [60, 60, 60, 50, 40, 30, 30, 20];

const WORDS: readonly (readonly [Level, string])[] = [
  [10, 'trace trc'],
  [20, 'debug dbg'],
  [40, 'warn warning wrn'],
  [50, 'error err severe'],
  [60, 'fatal critical crit panic alert emerg emergency'],
];
type Word = { readonly level: Level; readonly form: 'capitals' | 'other' };
const LEVELS = new Map<string, Word>(
  WORDS.flatMap(([level, words]) => words.split(' ').flatMap((word) => formsOf(level, word))),
);

function formsOf(level: Level, word: string): [string, Word][] {
  const capital = word.toUpperCase();
  return [
    [capital, { level, form: 'capitals' }],
    [capital.slice(0, 1) + word.slice(1), { level, form: 'other' }],
    [word, { level, form: 'other' }],
  ];
}

const LONGEST_WORD = 9;
/** What stands before a level is a time and perhaps a pid: no longer than this. */
const HEAD = 64;
const TIMESTAMP = 19;
/** The first fields of logfmt. */
const FIELDS = 160;

const KLOG = /([WEF])\d{4} \d\d:/y;
const KLOG_LEVELS: Readonly<Record<string, Level>> = { W: 40, E: 50, F: 60 };

/** Of the line from `start` to `end`. Looks at its first characters only. */
export function detectLevel(text: string, start: number, end: number): Level {
  if (text.charCodeAt(start) === LESS_THAN) return levelOfPriority(text, start);
  const at = skipTime(text, start, Math.min(end, start + HEAD));
  if (at >= end || !BEGINS_LEVEL[text.charCodeAt(at)]) return INFO;
  return levelOfWord(text, at) ?? levelOfLetter(text, at) ?? levelOfFields(text, at, end);
}

const LESS_THAN = 0x3c;
const MORE_THAN = 0x3e;
const ESCAPE = 0x1b;
const COLON = 0x3a;
const EQUALS = 0x3d;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;

function levelOfPriority(text: string, start: number): Level {
  if (text.charCodeAt(start + 2) !== MORE_THAN) return INFO;
  return SYSLOG_LEVELS[text.charCodeAt(start + 1) - 0x30] ?? INFO;
}

/** What stands before a level, as far as it is skipped one by one. */
export const TIME_CHARACTERS = '0123456789 \t-:.,+/[]()|';
/** What a line of logfmt begins with. */
const FIRST_FIELDS = ['time=', 'level=', 'ts=', 't='];

/** Unless what comes behind the characters of a time begins with one of these pairs, the line is of level 30. For loops that look for no more. */
export const LEVEL_PAIRS: readonly string[] = [
  ...[...LEVELS.keys(), ...FIRST_FIELDS, 'UTC '].map((word) => word.slice(0, 2)),
  ...Array.from({ length: 10 }, (_, digit) => [`<${digit}`, `W${digit}`, `E${digit}`, `F${digit}`]).flat(),
  ...Array.from({ length: 256 }, (_, code) => `\u001b${String.fromCharCode(code)}`),
];

/** Characters by their codes. */
const BEGINS_LEVEL = tableOf('tTdDfFwWeEsScCpPaAlL');
const IN_TIME = tableOf(TIME_CHARACTERS);
const IN_COLOR = tableOf('[0123456789;');
const CONTINUES_WORD = tableOf('abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-');

function tableOf(characters: string): readonly boolean[] {
  const table = Array.from({ length: 256 }, () => false);
  for (const character of characters) table[character.charCodeAt(0)] = true;
  return table;
}

/** Past digits and what stands between them, the T and Z of RFC 3339, UTC, and colours. */
function skipTime(text: string, start: number, limit: number): number {
  let at = hasTimestamp(text, start, limit) ? start + TIMESTAMP : start;
  while (at < limit) {
    const code = text.charCodeAt(at);
    if (IN_TIME[code]) at += 1;
    else if (isTimeLetter(text, at, start)) at += 1;
    else if (code === 0x55 && text.startsWith('UTC ', at)) at += 4;
    else if (code === ESCAPE) at = skipColor(text, at + 1, limit);
    else break;
  }
  return at;
}

/** The usual one, `2026-11-21 14:20:30`, to be quick. */
function hasTimestamp(text: string, start: number, limit: number): boolean {
  return (
    start + TIMESTAMP <= limit &&
    isDigit(text.charCodeAt(start)) &&
    text.charCodeAt(start + 13) === COLON &&
    text.charCodeAt(start + 16) === COLON
  );
}

/** SGR of ECMA-48, after its escape: `[1;31m`. */
function skipColor(text: string, start: number, limit: number): number {
  let at = start;
  while (at < limit && IN_COLOR[text.charCodeAt(at)]) at += 1;
  return text[at] === 'm' ? at + 1 : at;
}

function isTimeLetter(text: string, at: number, start: number): boolean {
  const code = text.charCodeAt(at);
  return (code === 0x54 || code === 0x5a) && at > start && isDigit(text.charCodeAt(at - 1));
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

/**
 * ERROR and [error] and error: are levels; "Error handling is on" and "information" are not. In capitals it may stand alone, otherwise it needs
 * brackets or a colon.
 */
function levelOfWord(text: string, at: number): Level | undefined {
  const wordEnd = endOfWord(text, at);
  const next = text.charCodeAt(wordEnd);
  // The name of a field, or of a variable.
  if (next === EQUALS) return undefined;
  const word = LEVELS.get(text.slice(at, wordEnd));
  if (word === undefined || word.form === 'capitals') return word?.level;
  const isBracketed = next === CLOSE_BRACKET && text.charCodeAt(at - 1) === OPEN_BRACKET;
  return isBracketed || next === COLON ? word.level : undefined;
}

/** As klog writes it: `E1121 14:20:30.123456`. */
function levelOfLetter(text: string, at: number): Level | undefined {
  if (!isDigit(text.charCodeAt(at + 1))) return undefined;
  KLOG.lastIndex = at;
  return KLOG_LEVELS[KLOG.exec(text)?.[1] ?? ''];
}

/** `level=error`, first or after a time and few others, as slog, logrus and go-kit write it; what comes after msg= is the message. */
function levelOfFields(text: string, at: number, end: number): Level {
  if (!beginsFields(text, at)) return INFO;
  const limit = Math.min(end, at + FIELDS);
  for (let sign = text.indexOf('=', at); sign >= 0 && sign < limit; sign = text.indexOf('=', sign + 1)) {
    if (text.startsWith('level', sign - 5)) return levelOfValue(text, sign + 1);
    if (text.startsWith('msg', sign - 3)) return INFO;
  }
  return INFO;
}

function beginsFields(text: string, at: number): boolean {
  return FIRST_FIELDS.some((field) => text.startsWith(field, at));
}

function levelOfValue(text: string, start: number): Level {
  const wordStart = text[start] === '"' ? start + 1 : start;
  if (!BEGINS_LEVEL[text.charCodeAt(wordStart)]) return INFO;
  return LEVELS.get(text.slice(wordStart, endOfWord(text, wordStart)))?.level ?? INFO;
}

function endOfWord(text: string, start: number): number {
  let at = start;
  while (at <= start + LONGEST_WORD && CONTINUES_WORD[text.charCodeAt(at)]) at += 1;
  return at;
}
