// Where in a service's files reading has to begin, so that the newest lines, or those since a moment, are what follows. From the end backwards
// where the file is plain; a compressed one is inflated for it. Holds a piece at a time, however long the history is.
import type { LogFileFormat } from '../../../core/log-spec.ts';
import { cutLines } from './cut-lines.ts';
import { FileSource, LONGEST_LINE_BYTES, readAt, type FileSourceOptions } from './file-source.ts';
import { numberSince, offsetSince } from './find-since.ts';
import type { FilterLines } from './line-filter.ts';
import type { OpenLogFile } from './log-files.ts';
import type { FilePosition } from './log-position.ts';
import type { ReadLine } from './read-line.ts';

const NEWLINE = 0x0a;

export type StartWish = {
  /** The newest so many of those that pass the filter; Infinity: all of them. */
  readonly lines: number;
  /** Undefined: all lines pass. */
  readonly filter: FilterLines | undefined;
  readonly sinceMs: number | undefined;
  readonly gone: AbortSignal;
};

/** Where it begins, or what is left to be found in older files. */
type Search = { readonly found: FilePosition } | { readonly wanted: number };

/** Throws what open(2), read(2) and readdir(3) fail with. `too-slow`: the pattern of the filter is. */
export async function findStart(
  options: FileSourceOptions,
  wish: StartWish,
): Promise<FilePosition | 'too-slow'> {
  const numbers = await options.files.numbers();
  const newest = numbers.at(-1) ?? 1;
  const { sinceMs } = wish;
  const oldest = sinceMs === undefined ? (numbers[0] ?? 1) : await numberSince(options, numbers, sinceMs);
  if (wish.lines === Infinity) return await offsetSince(options, oldest, sinceMs);
  let wanted = wish.lines;
  for (const number of numbers.filter((each) => each >= oldest).toReversed()) {
    if (wish.gone.aborted) break;
    const search = await searchFile(options, number, wanted, wish.filter);
    if (search === 'too-slow') return search;
    if ('found' in search) return search.found;
    wanted = search.wanted;
  }
  return { kind: 'file', number: Math.min(oldest, newest), offset: 0 };
}

async function searchFile(
  options: FileSourceOptions,
  number: number,
  wanted: number,
  filter: FilterLines | undefined,
): Promise<Search | 'too-slow'> {
  const found = await options.files.open(number);
  if (found.kind !== 'opened') return { wanted };
  if (found.file.form !== 'plain') {
    await found.file.handle.close();
    return await searchForwards(options, number, wanted, filter);
  }
  try {
    return await searchBackwards(options, found.file, { number, wanted, filter });
  } finally {
    await found.file.handle.close();
  }
}

type Backwards = {
  readonly number: number;
  readonly wanted: number;
  readonly filter: FilterLines | undefined;
};

async function searchBackwards(
  { service, format, pieceBytes }: FileSourceOptions,
  { handle, growth }: OpenLogFile,
  { number, wanted, filter }: Backwards,
): Promise<Search | 'too-slow'> {
  let left = wanted;
  let end = await endOfLines(handle, growth);
  for (let length = pieceBytes; end > 0;) {
    const start = Math.max(0, end - length);
    const bytes = await readAt(handle, start, end - start);
    const border = start === 0 ? 0 : bytes.subarray(0, -1).indexOf(NEWLINE) + 1;
    if (start > 0 && border === 0 && length < LONGEST_LINE_BYTES) {
      length *= 4;
      continue;
    }
    const offset = start + border;
    if (left === 0) return { found: { kind: 'file', number, offset: end } };
    const whole = bytes.subarray(border);
    const from = { kind: 'file', number, offset } as const;
    const search =
      filter === undefined
        ? takeNewest(whole, from, left)
        : takeMatching(whole, from, left, { service, format, filter });
    if (search === 'too-slow' || 'found' in search) return search;
    left = search.wanted;
    end = offset;
    length = pieceBytes;
  }
  return left === 0 ? { found: { kind: 'file', number, offset: end } } : { wanted: left };
}

/** An unfinished line at the end of a file that grows does not count. */
async function endOfLines(handle: OpenLogFile['handle'], growth: OpenLogFile['growth']): Promise<number> {
  const { size } = await handle.stat();
  if (growth === 'whole') return size;
  const start = Math.max(0, size - LONGEST_LINE_BYTES);
  const tail = await readAt(handle, start, size - start);
  return start + tail.lastIndexOf(NEWLINE) + 1;
}

function takeNewest(bytes: Buffer, from: FilePosition, wanted: number): Search {
  let count = 0;
  let at = bytes.length - 1;
  while (at >= 0) {
    const newline = at === 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1);
    count += 1;
    if (count === wanted) return { found: { ...from, offset: from.offset + newline + 1 } };
    at = newline;
  }
  return { wanted: wanted - count };
}

function takeMatching(
  bytes: Buffer,
  from: FilePosition,
  wanted: number,
  parts: { readonly service: string; readonly format: LogFileFormat; readonly filter: FilterLines },
): Search | 'too-slow' {
  const { service, format, filter } = parts;
  const matching = filter(cutLines(bytes, { service, format, from, stamp: undefined }));
  if (matching === 'too-slow') return matching;
  const first = matching.at(-wanted);
  return first !== undefined && matching.length >= wanted
    ? { found: positionOf(first) }
    : { wanted: wanted - matching.length };
}

/** Twice: once to count, and once more up to where it begins. */
async function searchForwards(
  options: FileSourceOptions,
  number: number,
  wanted: number,
  filter: FilterLines | undefined,
): Promise<Search | 'too-slow'> {
  let count = 0;
  for await (const lines of matchingLines(options, number, filter)) {
    if (lines === 'too-slow') return lines;
    count += lines.length;
  }
  if (count < wanted) return { wanted: wanted - count };
  let before = count - wanted;
  for await (const lines of matchingLines(options, number, filter)) {
    if (lines === 'too-slow') return lines;
    const first = lines[before];
    if (first !== undefined) return { found: positionOf(first) };
    before -= lines.length;
  }
  return { wanted };
}

async function* matchingLines(
  options: FileSourceOptions,
  number: number,
  filter: FilterLines | undefined,
): AsyncGenerator<readonly ReadLine[] | 'too-slow', void, undefined> {
  const source = new FileSource(options, { kind: 'file', number, offset: 0 });
  try {
    while (source.position.number === number) {
      const { lines, state } = await source.next();
      const ofThisFile = lines.filter(({ from }) => from.kind === 'file' && from.number === number);
      yield filter === undefined ? ofThisFile : filter(ofThisFile);
      if (state === 'idle') return;
    }
  } finally {
    source.close();
  }
}

function positionOf({ from }: ReadLine): FilePosition {
  if (from.kind !== 'file') throw new Error('a line of a file has a position in it');
  return from;
}
