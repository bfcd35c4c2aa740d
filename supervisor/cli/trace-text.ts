// A traced service on the terminal: the tree of its processes, what each is doing, has open, and may have.
import { describeDuration } from '../wire/duration.ts';
import type { Limit, OpenFile, TracedProcess } from './process-tree.ts';
import { printable, shorten, wrapText } from './status-table.ts';
import type { Terminal } from './terminal.ts';

const FILES_SHOWN = 12;
const MEBIBYTE = 1024 * 1024;

/** `files`: of each process, or as many as there are. */
export function renderTrace(
  processes: readonly TracedProcess[],
  { columns, paint }: Pick<Terminal, 'columns' | 'paint'>,
  files: 'some' | 'all',
): string {
  const depths = depthsOf(processes);
  const lines = processes.flatMap((process) => {
    const indent = '  '.repeat(depths.get(process.pid) ?? 0);
    const room = columns - indent.length;
    const head = shorten(`${process.pid} ${printable(process.command)}`, room);
    const below = [describeUse(process), process.doing].flatMap((text) => wrapText(text, room - 4));
    const open = fileLines(process.open, files).map((line) => shorten(line, room - 4));
    return [
      `${indent}${paint('bold', head)}`,
      ...[...below, ...open, ...limitLines(process)].map((line) => `${indent}    ${line}`),
    ];
  });
  return lines.map((line) => `${line}\n`).join('');
}

function depthsOf(processes: readonly TracedProcess[]): ReadonlyMap<number, number> {
  const depths = new Map<number, number>();
  for (const { pid, parent } of processes) depths.set(pid, (depths.get(parent) ?? -1) + 1);
  return depths;
}

function describeUse({ cpuSeconds, residentBytes, threads, ageSeconds }: TracedProcess): string {
  const memory = `${(residentBytes / MEBIBYTE).toFixed(1)} MiB`;
  const threaded = `${threads} ${threads === 1 ? 'thread' : 'threads'}`;
  return `for ${describeDuration(ageSeconds * 1000)}, ${cpuSeconds.toFixed(2)} s of CPU, ${memory}, ${threaded}`;
}

function fileLines(open: readonly OpenFile[] | undefined, files: 'some' | 'all'): readonly string[] {
  if (open === undefined) return ['its open files may not be looked at: run this as root, or as its user'];
  const shown = files === 'all' ? open : open.slice(0, FILES_SHOWN);
  const more = open.length - shown.length;
  return [
    ...shown.map(({ fd, what }) => `${String(fd).padStart(3)}  ${printable(what)}`),
    ...(more === 0 ? [] : [`...  and ${more} more: --all-files`]),
  ];
}

/** Only what may soon matter: how many files are open of how many. */
function limitLines({ limits, open }: TracedProcess): readonly string[] {
  const files: Limit | undefined = limits.find(({ name }) => name === 'open files');
  if (files === undefined || open === undefined) return [];
  return [`${open.length} of ${files.soft} open files`];
}
