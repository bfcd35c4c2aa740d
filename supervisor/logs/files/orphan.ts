// What has been written to a file since somebody removed it: only whoever holds it open can still read that. From the last moment on at which
// its path led to it, and from the beginning of a line on.
import { countLines } from '../block-splitter.ts';
import type { Loss } from '../ports.ts';
import type { CurrentFile } from './current-file.ts';
import type { FileCalls } from './file-calls.ts';
import { borderUpTo, isBorder } from './line-border.ts';

/** So much is written at the most between two looks at the path, but for a block; as much is read again. */
export const LOOK_BYTES = 1_048_576;
/** Of the line that was begun before that. */
const LONGEST_BEGINNING_BYTES = 131_072;

const NEWLINE = Uint8Array.of(0x0a);

export type Lost = Pick<Loss, 'lines' | 'bytes'>;

/** Undefined: nothing, or the file has still a name, and so whoever moved it has its lines. Throws what fstat(2) and read(2) say. */
export function orphanedLines(fd: number, seenBytes: number, calls: FileCalls): Uint8Array | undefined {
  const { links, bytes } = calls.fstat(fd);
  if (links > 0 || bytes <= seenBytes) return undefined;
  const from = Math.max(0, seenBytes - LONGEST_BEGINNING_BYTES);
  const read = Buffer.allocUnsafeSlow(bytes - from);
  let filled = 0;
  for (let got = 1; got > 0 && filled < read.length; filled += got)
    got = calls.pread(fd, read.subarray(filled), from + filled);
  const start = borderUpTo(read, seenBytes - from);
  return read.subarray(start, filled);
}

/** Into the file that is there now. Throws what write(2) says; `lose` has what is not written then. A thread that dies in it loses the rest. */
export function restoreLines(
  lines: Uint8Array,
  file: CurrentFile,
  calls: FileCalls,
  lose: (lost: Lost) => void,
): void {
  let at = 0;
  try {
    if (file.tail === 'torn') file.bytes += calls.write(file.fd, NEWLINE, 0, 1);
    while (at < lines.length) {
      const written = calls.write(file.fd, lines, at, lines.length - at);
      at += written;
      file.bytes += written;
    }
    file.tail = isBorder(lines, at) ? 'border' : 'unended';
  } catch (error) {
    const from = borderUpTo(lines, at);
    if (at > 0) file.tail = at > from ? 'torn' : 'border';
    lose({ lines: countLines(lines.subarray(from)), bytes: lines.length - from });
    throw error;
  }
}
