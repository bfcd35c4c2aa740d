// All services as a table that fits the terminal: the last column takes what is left of the width and wraps in it.
import { describeDuration } from '../wire/duration.ts';
import type { ServiceView, StateView } from '../wire/service-view.ts';
import type { Style, Terminal } from './terminal.ts';

const WIDEST_NAME = 20;
const LEAST_NOTE = 20;

type Row = readonly [name: string, state: string, pid: string, since: string, restarts: string, note: string];

const HEAD: Row = ['NAME', 'STATE', 'PID', 'SINCE', 'RESTARTS', 'NOTE'];

export const STYLES: Readonly<Record<StateView, Style>> = {
  running: 'green',
  completed: 'green',
  stopped: 'dim',
  skipped: 'dim',
  failed: 'red',
  waiting: 'yellow',
  starting: 'yellow',
  unready: 'yellow',
  stopping: 'yellow',
  backoff: 'yellow',
  scheduled: 'dim',
};

/** `nowMs`: milliseconds since the epoch. */
export function renderStatusTable(views: readonly ServiceView[], terminal: Terminal, nowMs: number): string {
  const rows = views.map((view) => toRow(view, nowMs));
  const widths = [0, 1, 2, 3, 4].map((column) => widest([HEAD, ...rows], column));
  const lines = renderRow(HEAD, widths, terminal.columns, (text) => terminal.paint('bold', text));
  for (const [index, row] of rows.entries()) {
    const style = STYLES[views[index]?.state ?? 'stopped'];
    lines.push(...renderRow(row, widths, terminal.columns, (text) => terminal.paint(style, text)));
  }
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function toRow(view: ServiceView, nowMs: number): Row {
  const pid = view.pid === null ? '-' : String(view.pid);
  return [shorten(view.name), view.state, pid, sinceText(view, nowMs), String(view.restarts), noteOf(view)];
}

/** What is not as promised stands out; what the service says of itself is shown when there is nothing else to say. */
export function noteOf({ note, status_text: statusText, degraded }: ServiceView): string {
  if (note !== '') return degraded.length > 0 ? `! ${note}` : note;
  return statusText === '' ? '' : `"${statusText}"`;
}

export function sinceText({ since }: ServiceView, nowMs: number): string {
  return since === null ? '-' : describeDuration(nowMs - Date.parse(since));
}

export function shorten(name: string, width = WIDEST_NAME): string {
  return name.length <= width ? name : `${name.slice(0, width - 3)}...`;
}

function widest(rows: readonly Row[], column: number): number {
  return Math.max(...rows.map((row) => row[column]?.length ?? 0));
}

function renderRow(
  row: Row,
  widths: readonly number[],
  columns: number,
  paint: (text: string) => string,
): string[] {
  const fixed = widths.map((width, column) => {
    const text = (row[column] ?? '').padEnd(width);
    return column === 1 ? paint(text) : text;
  });
  const indent = widths.reduce((sum, width) => sum + width + 2, 0);
  const [first = '', ...more] = wrapText(row[5], Math.max(LEAST_NOTE, columns - indent));
  return [`${fixed.join('  ')}  ${first}`, ...more.map((text) => ' '.repeat(indent) + text)];
}

/**
 * Between words; a word that is longer than the width is broken. Words may come from a service: nothing in them reaches the
 * terminal but text.
 */
export function wrapText(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of printable(text)
    .split(' ')
    .flatMap((whole) => breakWord(whole, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

export function printable(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function breakWord(word: string, width: number): readonly string[] {
  if (word.length <= width) return [word];
  return Array.from({ length: Math.ceil(word.length / width) }, (_, index) =>
    word.slice(index * width, (index + 1) * width),
  );
}
