// Files of KEY=VALUE lines, as Compose reads them: https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/
// Owns the syntax: comments, the two kinds of quotes, ${VAR}. Which files, and what wins, is service-environment.ts's.
import type { Diagnostic } from './diagnostic.ts';
import { interpolate, type Lookup } from './interpolation.ts';
import { diagnose, type Source, type Span } from './source.ts';

/** A name without "=" has no value here: it is taken from Bosun's own environment. */
export type EnvFile = {
  readonly values: ReadonlyMap<string, string | undefined>;
  readonly diagnostics: readonly Diagnostic[];
};

type Reader = {
  readonly source: Source;
  readonly lookup: Lookup;
  readonly values: Map<string, string | undefined>;
  readonly diagnostics: Diagnostic[];
  at: number;
};

const MAX_FAULTS = 100;
const NAME = /(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*(=[ \t]*)?/y;

export function parseEnvFile(source: Source, lookup: Lookup): EnvFile {
  const reader: Reader = { source, lookup, values: new Map(), diagnostics: [], at: 0 };
  while (reader.at < source.text.length && reader.diagnostics.length < MAX_FAULTS) readEntry(reader);
  return { values: reader.values, diagnostics: reader.diagnostics };
}

function readEntry(reader: Reader): void {
  reader.at = skip(reader, /\s*/y);
  const { text } = reader.source;
  if (reader.at >= text.length) return;
  NAME.lastIndex = reader.at;
  const match = NAME.exec(text);
  const name = match?.[1];
  const after = reader.at + (match?.[0].length ?? 0);
  if (text[reader.at] === '#') {
    endLine(reader);
  } else if (name !== undefined && match?.[2] !== undefined) {
    reader.at = after;
    readValue(reader, name);
  } else if (name !== undefined && isLineEnd(reader, after)) {
    reader.values.set(name, undefined);
    endLine(reader);
  } else {
    fault(reader, 'is not NAME=VALUE', 'Write NAME=VALUE; a comment starts with "#".');
  }
}

function readValue(reader: Reader, name: string): void {
  const quote = reader.source.text[reader.at];
  if (quote === '"' || quote === "'") {
    readQuoted(reader, name, quote);
    return;
  }
  const end = lineEnd(reader);
  const span = { start: reader.at, end };
  const text = reader.source.text.slice(reader.at, end);
  // A comment needs white space before it: a#b is a value.
  set(reader, name, text.replace(/(^|\s)#.*$/, '').trimEnd(), span, 'expanded');
  reader.at = end;
}

function readQuoted(reader: Reader, name: string, quote: '"' | "'"): void {
  const start = reader.at;
  const end = closingQuote(reader.source.text, start + 1, quote);
  if (end < 0) {
    fault(reader, `has a quote (${quote}) that is not closed`, 'Close the quote.');
    return;
  }
  reader.at = end + 1;
  if (!isLineEnd(reader, reader.at)) {
    fault(reader, 'has text after the closing quote', 'Remove it, or quote all of the value.');
    return;
  }
  const raw = reader.source.text.slice(start + 1, end);
  const span = { start, end: end + 1 };
  if (quote === "'") set(reader, name, raw.replaceAll("\\'", "'"), span, 'literal');
  else set(reader, name, raw.replace(/\\([\s\S])/g, unescape), span, 'expanded');
  endLine(reader);
}

function closingQuote(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '\\') at += 1;
    else if (text[at] === quote) return at;
  }
  return -1;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  $: '$$',
};

function unescape(escape: string, char: string): string {
  return ESCAPES[char] ?? escape;
}

function set(reader: Reader, name: string, text: string, span: Span, reading: 'literal' | 'expanded'): void {
  if (reading === 'literal') {
    checkNul(reader, span, text);
    reader.values.set(name, text);
    return;
  }
  const lookup = (wanted: string) => reader.lookup(wanted) ?? reader.values.get(wanted);
  const result = interpolate(text, lookup);
  if (result.kind === 'error') {
    reader.diagnostics.push(
      diagnose(reader.source, span, {
        key: name,
        message: result.message,
        remedy: `${result.remedy} Or use single quotes.`,
      }),
    );
    return;
  }
  checkNul(reader, span, result.text);
  reader.values.set(name, result.text);
  for (const expression of result.unset) {
    const message = `${expression} is not set and becomes empty`;
    const remedy = "Set it in Bosun's environment, or use single quotes if no variable is meant.";
    reader.diagnostics.push(
      diagnose(reader.source, span, { severity: 'warning', key: name, message, remedy }),
    );
  }
}

function checkNul(reader: Reader, span: Span, text: string): void {
  if (!text.includes('\u0000')) return;
  const finding = {
    key: '',
    message: 'holds a NUL character, which no program can be given',
    remedy: 'Remove it.',
  };
  reader.diagnostics.push(diagnose(reader.source, span, finding));
}

function fault(reader: Reader, message: string, remedy: string): void {
  const end = lineEnd(reader);
  reader.diagnostics.push(diagnose(reader.source, { start: reader.at, end }, { key: '', message, remedy }));
  reader.at = end;
}

function isLineEnd(reader: Reader, from: number): boolean {
  const blank = /[ \t\r]*/y;
  blank.lastIndex = from;
  const char = reader.source.text[from + (blank.exec(reader.source.text)?.[0].length ?? 0)];
  return char === undefined || char === '\n' || char === '#';
}

function endLine(reader: Reader): void {
  reader.at = lineEnd(reader);
}

function lineEnd(reader: Reader): number {
  const end = reader.source.text.indexOf('\n', reader.at);
  return end < 0 ? reader.source.text.length : end;
}

function skip(reader: Reader, pattern: RegExp): number {
  pattern.lastIndex = reader.at;
  return reader.at + (pattern.exec(reader.source.text)?.[0].length ?? 0);
}
