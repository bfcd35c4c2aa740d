// What is wrong with a configuration, where, and what to do next; and how that looks on a terminal of 80 columns.
// Owns the shape and its rendering. It reads no file: source.ts makes diagnostics from text and offsets.

type Severity = 'error' | 'warning';

export type Diagnostic = {
  readonly severity: Severity;
  readonly file: string;
  /** From 1, in lines; 1 when the whole file or directory is meant. */
  readonly line: number;
  /** From 1, in UTF-16 code units. */
  readonly column: number;
  /** In UTF-16 code units, within the line. 0 when there is no line to show. */
  readonly length: number;
  /** The configuration key, such as `readiness.http.url`; empty when none is meant. */
  readonly key: string;
  readonly message: string;
  readonly remedy: string;
  /** The line as it is in the file; empty when there is none. */
  readonly sourceLine: string;
};

/** A diagnostic without its place. */
export type Finding = {
  readonly severity?: Severity;
  readonly key: string;
  readonly message: string;
  readonly remedy: string;
};

const COLUMNS = 80;

/** For what has no line to show: a missing file, a directory. */
export function wholeFile(file: string, finding: Finding): Diagnostic {
  return { severity: 'error', ...finding, file, line: 1, column: 1, length: 0, sourceLine: '' };
}

export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === 'error');
}

/** By file, then by place. */
export function sortDiagnostics(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.toSorted(
    (a, b) =>
      compareText(a.file, b.file) || a.line - b.line || a.column - b.column || compareText(a.key, b.key),
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** One paragraph for each, then a line that counts them. Empty when there is none. */
export function renderDiagnostics(
  diagnostics: readonly Diagnostic[],
  options: { readonly color: boolean },
): string {
  if (diagnostics.length === 0) return '';
  const paint = options.color ? paintAnsi : paintNothing;
  return [...diagnostics.map((diagnostic) => renderOne(diagnostic, paint)), countLine(diagnostics)].join(
    '\n',
  );
}

type Paint = (style: 'bold' | 'red' | 'yellow' | 'dim', text: string) => string;

const paintNothing: Paint = (_style, text) => text;
const ANSI = { bold: '1', red: '1;31', yellow: '1;33', dim: '2' };
const paintAnsi: Paint = (style, text) => `\u001b[${ANSI[style]}m${text}\u001b[0m`;

function renderOne(diagnostic: Diagnostic, paint: Paint): string {
  const { file, line, column, severity, message, remedy } = diagnostic;
  const place = diagnostic.length === 0 ? printable(file) : `${printable(file)}:${line}:${column}`;
  const color = severity === 'error' ? 'red' : 'yellow';
  const text = `${severity}: ${printable(message)}`;
  const oneLine = place.length + 2 + text.length <= COLUMNS;
  const body = oneLine ? [] : wrap(text, '  ').map((row, index) => (index === 0 ? paintLead(row) : row));
  return [
    oneLine ? `${paint('bold', place)}: ${paintLead(text)}` : `${paint('bold', place)}:`,
    ...body,
    ...renderExcerpt(diagnostic, (squiggle) => paint(color, squiggle), paint),
    ...wrap(printable(remedy), '  '),
    '',
  ].join('\n');

  function paintLead(row: string): string {
    return row.replace(`${severity}:`, paint(color, `${severity}:`));
  }
}

function renderExcerpt(diagnostic: Diagnostic, mark: (text: string) => string, paint: Paint): string[] {
  if (diagnostic.length === 0) return [];
  const gutter = `${diagnostic.line} | `.padStart(6);
  const room = COLUMNS - gutter.length - 2;
  const at = diagnostic.column - 1;
  // A long line is shown from a little before the fault.
  const from =
    at + diagnostic.length <= room ? 0 : Math.max(0, Math.min(at - 10, diagnostic.sourceLine.length - room));
  const shown = printable(diagnostic.sourceLine.slice(from, from + room));
  const left = from === 0 ? '' : '~ ';
  const length = Math.max(1, Math.min(diagnostic.length, room - (at - from)));
  const indent = ' '.repeat(left.length + at - from);
  return [
    paint('dim', gutter) + left + shown,
    paint('dim', '| '.padStart(gutter.length)) + indent + mark('~'.repeat(length)),
  ];
}

/** Control characters must not reach a terminal; each is one column wide, so that the squiggle stays under its text. */
function printable(text: string): string {
  return text
    .replace(/\t/g, ' ')
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?');
}

function wrap(text: string, indent: string): string[] {
  const rows: string[] = [];
  let row = '';
  for (const word of text.split(' ')) {
    const longer = row === '' ? word : `${row} ${word}`;
    if (row !== '' && indent.length + longer.length > COLUMNS) {
      rows.push(indent + row);
      row = word;
    } else {
      row = longer;
    }
  }
  return row === '' ? rows : [...rows, indent + row];
}

function countLine(diagnostics: readonly Diagnostic[]): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const files = new Set(diagnostics.map((diagnostic) => diagnostic.file)).size;
  const counts = [count(errors, 'error'), count(warnings, 'warning')].filter((text) => text !== '');
  return `${counts.join(', ')} in ${count(files, 'file')}\n`;
}

function count(number: number, noun: string): string {
  if (number === 0) return '';
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
