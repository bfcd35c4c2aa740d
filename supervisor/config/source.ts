// A text and its lines: turns offsets into the line, the column and the line's text of a diagnostic.
// Knows nothing of YAML or of services.
import type { Diagnostic, Finding } from './diagnostic.ts';

export type Source = {
  /** As it is shown to people. */
  readonly file: string;
  readonly text: string;
  /** The offset of the first character of each line. */
  readonly lineStarts: readonly number[];
};

/** Offsets into the text, the end exclusive. */
export type Span = { readonly start: number; readonly end: number };

/** A message must not repeat a whole file. */
const MAX_MESSAGE = 400;

export function createSource(file: string, text: string): Source {
  const lineStarts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lineStarts.push(at + 1);
  return { file, text, lineStarts };
}

export function diagnose(source: Source, span: Span, finding: Finding): Diagnostic {
  const start = Math.max(0, Math.min(span.start, source.text.length));
  const line = lineAt(source.lineStarts, start);
  const lineStart = source.lineStarts[line - 1] ?? 0;
  const sourceLine = lineText(source, line);
  const column = Math.min(start - lineStart, sourceLine.length) + 1;
  const room = sourceLine.length - (column - 1);
  return {
    severity: 'error',
    ...finding,
    key: shorten(finding.key),
    message: shorten(finding.message),
    remedy: shorten(finding.remedy),
    file: source.file,
    line,
    column,
    length: Math.max(1, Math.min(span.end - start, room)),
    sourceLine,
  };
}

/** The span of a line, without the white space around its text. */
export function lineSpan(source: Source, line: number): Span {
  const start = source.lineStarts[line - 1] ?? 0;
  const text = lineText(source, line);
  const indent = text.length - text.trimStart().length;
  return { start: start + indent, end: start + Math.max(indent, text.trimEnd().length) };
}

function lineText(source: Source, line: number): string {
  const start = source.lineStarts[line - 1] ?? 0;
  const next = source.lineStarts[line];
  const text = source.text.slice(start, next === undefined ? undefined : next - 1);
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}

/** The number, from 1, of the last line that starts at or before the offset. */
function lineAt(lineStarts: readonly number[], offset: number): number {
  let low = 0;
  let high = lineStarts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}

function shorten(text: string): string {
  return text.length <= MAX_MESSAGE ? text : `${text.slice(0, MAX_MESSAGE)}...`;
}
