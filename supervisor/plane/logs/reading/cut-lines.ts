// From the bytes of a log file to the lines that a service wrote. A line that does not say when it was written was written with the one before
// it. Pure functions.
import { parseFileLine } from '../../../logs/format/file-line.ts';
import type { LogFileFormat } from '../../../core/log-spec.ts';
import type { OutputStream } from '../../../core/plane-message.ts';
import type { FilePosition } from './log-position.ts';
import type { ReadLine } from './read-line.ts';

const NEWLINE = 0x0a;

/** What a line says of when and where it was written. */
export type LineStamp = { readonly timeMs: number | undefined; readonly stream: OutputStream | undefined };

export type CutOptions = {
  readonly service: string;
  readonly format: LogFileFormat;
  /** Of the first byte. */
  readonly from: FilePosition;
  /** Of the line before. */
  readonly stamp: LineStamp | undefined;
};

/** `bytes`: whole lines; the last one may be without its newline. */
export function cutLines(bytes: Buffer, { service, format, from, stamp }: CutOptions): readonly ReadLine[] {
  const lines: ReadLine[] = [];
  const { kind, number, offset } = from;
  let last = stamp;
  for (let start = 0; start < bytes.length;) {
    const newline = bytes.indexOf(NEWLINE, start);
    const end = newline < 0 ? bytes.length : newline;
    const next = Math.min(end + 1, bytes.length);
    const { timeMs, stream, line, continues } = parseFileLine(format, bytes.subarray(start, end));
    if (timeMs !== undefined) last = { timeMs, stream };
    lines.push({
      service,
      timeMs: timeMs ?? last?.timeMs,
      stream: stream ?? last?.stream,
      bytes: asBuffer(line),
      continues,
      from: { kind, number, offset: offset + start },
      to: { kind, number, offset: offset + next },
    });
    start = next;
  }
  return lines;
}

/** Of the last line in `bytes` that has one. */
export function lastStamp(bytes: Buffer, format: LogFileFormat): LineStamp | undefined {
  if (format === 'raw') return undefined;
  for (let end = bytes.length - 1; end > 0;) {
    const newline = bytes.lastIndexOf(NEWLINE, end - 1);
    const { timeMs, stream } = parseFileLine(format, bytes.subarray(newline + 1, end));
    if (timeMs !== undefined) return { timeMs, stream };
    end = newline;
  }
  return undefined;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
