// What a YAML file says, as plain values, with the place of each in the text: the link between the schema's paths and
// the lines of a diagnostic. Pure data; yaml-reader.ts makes it.
import type { Span, Source } from './source.ts';
import type { Diagnostic, Finding } from './diagnostic.ts';
import { diagnose, lineSpan } from './source.ts';

export type PlainValue = null | boolean | number | string | PlainValue[] | PlainMap;
export type PlainMap = { [key: string]: PlainValue };

/** Keys and list positions, from the top of the file. */
export type Path = readonly (string | number)[];

export type Location = {
  /** The key before the value; undefined for list items and for the whole file. */
  readonly key: Span | undefined;
  readonly value: Span;
  /** A plain scalar as it is written, where that differs from its value: `1.10`, `true`. */
  readonly written: string | undefined;
  /** `expanded`: it held a `${...}`, so the text may stand for a number, as in Compose. */
  readonly origin: 'written' | 'expanded';
};

export type PlainDocument = {
  readonly source: Source;
  readonly value: PlainValue;
  readonly locations: ReadonlyMap<string, Location>;
  /** Paths that have been reported already. */
  readonly reported: ReadonlySet<string>;
};

export function pathId(path: Path): string {
  return path.join('\u0000');
}

/** `success_exit_codes[0]`, `readiness.http.url`. */
export function pathText(path: Path): string {
  return path.map((part, index) => partText(part, index)).join('');
}

function partText(part: string | number, index: number): string {
  if (typeof part === 'number') return `[${part}]`;
  return index === 0 ? part : `.${part}`;
}

/** At the value, or at what is nearest above it; at the key where the value is empty, a list or a map. */
export function diagnoseAt(
  document: PlainDocument,
  path: Path,
  target: 'key' | 'value',
  finding: Omit<Finding, 'key'>,
): Diagnostic {
  return diagnose(document.source, spanOf(document, path, target), { key: pathText(path), ...finding });
}

function spanOf(document: PlainDocument, path: Path, target: 'key' | 'value'): Span {
  for (let length = path.length; length > 0; length -= 1) {
    const location = document.locations.get(pathId(path.slice(0, length)));
    if (location === undefined) continue;
    // Above the missing thing, its key says more than all of its value.
    const wantsKey = target === 'key' || length < path.length || isLong(document, location.value);
    return wantsKey ? (location.key ?? location.value) : location.value;
  }
  return firstLine(document.source);
}

function isLong(document: PlainDocument, span: Span): boolean {
  return span.end <= span.start || document.source.text.slice(span.start, span.end).trimEnd().includes('\n');
}

/** The first line that says something. */
function firstLine(source: Source): Span {
  for (let line = 1; line <= Math.min(source.lineStarts.length, 1000); line += 1) {
    const span = lineSpan(source, line);
    if (span.end > span.start && source.text[span.start] !== '#') return span;
  }
  return lineSpan(source, 1);
}
