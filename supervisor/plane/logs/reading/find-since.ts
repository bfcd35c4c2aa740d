// Where lines since a moment begin in a service's files: by the times of few lines. The clock may have jumped: then lines before the place
// found may be younger too, and are not looked for.
import { cutLines } from './cut-lines.ts';
import { FileSource, LONGEST_LINE_BYTES, readAt, type FileSourceOptions } from './file-source.ts';
import type { OpenLogFile } from './log-files.ts';
import type { FilePosition } from './log-position.ts';
import type { ReadLine } from './read-line.ts';

const NEWLINE = 0x0a;

/** A line from which on none is missing: by halves too, where the file is plain. */
export async function offsetSince(
  options: FileSourceOptions,
  number: number,
  sinceMs: number | undefined,
): Promise<FilePosition> {
  const begin = { kind: 'file', number, offset: 0 } as const;
  if (sinceMs === undefined) return begin;
  const found = await options.files.open(number);
  if (found.kind !== 'opened') return begin;
  const { handle, form } = found.file;
  try {
    if (form !== 'plain') return begin;
    let low = 0;
    let high = (await handle.stat()).size;
    while (high - low > LONGEST_LINE_BYTES) {
      const middle = Math.floor((low + high) / 2);
      const line = await firstLineAfter(options, handle, { ...begin, offset: middle });
      // Where no line says its time, everything is read.
      if (line?.timeMs === undefined) return begin;
      if (line.timeMs < sinceMs) low = offsetOf(line);
      else high = middle;
    }
    return { ...begin, offset: low };
  } finally {
    await handle.close();
  }
}

/** The first that begins there or later, and says its time. */
async function firstLineAfter(
  { service, format }: FileSourceOptions,
  handle: OpenLogFile['handle'],
  { kind, number, offset }: FilePosition,
): Promise<ReadLine | undefined> {
  const bytes = await readAt(handle, offset, LONGEST_LINE_BYTES);
  const border = bytes.indexOf(NEWLINE) + 1;
  const whole = bytes.subarray(border, bytes.lastIndexOf(NEWLINE) + 1);
  const from = { kind, number, offset: offset + border };
  return cutLines(whole, { service, format, from, stamp: undefined }).find(
    ({ timeMs }) => timeMs !== undefined,
  );
}

/** The last file whose first line is not younger; by halves, so that few are opened. */
export async function numberSince(
  options: FileSourceOptions,
  numbers: readonly number[],
  sinceMs: number,
): Promise<number> {
  let low = 0;
  let high = numbers.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const timeMs = await firstTimeMs(options, numbers[middle] ?? 1);
    // Of one that is empty, or gone, nobody knows: it is taken for a younger one.
    if (timeMs !== undefined && timeMs < sinceMs) low = middle;
    else high = middle - 1;
  }
  return numbers[low] ?? 1;
}

async function firstTimeMs(options: FileSourceOptions, number: number): Promise<number | undefined> {
  const source = new FileSource({ ...options, pieceBytes: 4096 }, { kind: 'file', number, offset: 0 });
  try {
    return (await source.next()).lines[0]?.timeMs;
  } finally {
    source.close();
  }
}

function offsetOf({ from }: ReadLine): number {
  if (from.kind !== 'file') throw new Error('a line of a file has a position in it');
  return from.offset;
}
