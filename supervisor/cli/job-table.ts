// All jobs as a table that fits the terminal: the command takes what is left of the width.
import { describeDuration } from '../wire/duration.ts';
import type { JobView } from '../wire/job-view.ts';
import { printable } from './status-table.ts';
import type { Style, Terminal } from './terminal.ts';

type Row = readonly [
  id: string,
  status: string,
  service: string,
  owner: string,
  age: string,
  command: string,
];

const HEAD: Row = ['ID', 'STATUS', 'SERVICE', 'OWNER', 'SINCE', 'COMMAND'];
const WIDEST = 14;
const LEAST_COMMAND = 20;

const STYLES: Readonly<Record<JobView['state'], Style>> = {
  starting: 'yellow',
  running: 'green',
  stopping: 'yellow',
  exited: 'dim',
  stopped: 'dim',
  failed: 'red',
};

/** `nowMs`: milliseconds since the epoch. */
export function renderJobTable(jobs: readonly JobView[], terminal: Terminal, nowMs: number): string {
  const rows = jobs.map((job) => toRow(job, nowMs));
  const widths = HEAD.map((_head, column) =>
    Math.max(...[HEAD, ...rows].map((row) => row[column]?.length ?? 0)),
  );
  const lines = [
    renderRow(HEAD, widths, terminal, 'bold'),
    ...rows.map((row, index) => renderRow(row, widths, terminal, STYLES[jobs[index]?.state ?? 'exited'])),
  ];
  return lines.map((line) => `${line.trimEnd()}\n`).join('');
}

function toRow(job: JobView, nowMs: number): Row {
  const since = job.ended_at ?? job.started_at ?? job.requested_at;
  const age = describeDuration(nowMs - Date.parse(since));
  const [status] = job.status.split(': ', job.state === 'failed' ? 1 : undefined);
  return [
    String(job.id),
    job.state === 'exited' ? job.status : (status ?? ''),
    cut(job.service ?? '-'),
    cut(job.owner),
    age,
    printable(job.command.join(' ')),
  ];
}

function renderRow(row: Row, widths: readonly number[], terminal: Terminal, style: Style): string {
  const fixed = row.slice(0, -1).map((text, column) => {
    const padded = text.padEnd(widths[column] ?? 0);
    return column === 1 ? terminal.paint(style, padded) : padded;
  });
  const indent = widths.slice(0, -1).reduce((sum, width) => sum + width + 2, 0);
  return [...fixed, cut(row[5], Math.max(LEAST_COMMAND, terminal.columns - indent))].join('  ');
}

function cut(text: string, width = WIDEST): string {
  return text.length <= width ? text : `${text.slice(0, width - 3)}...`;
}
