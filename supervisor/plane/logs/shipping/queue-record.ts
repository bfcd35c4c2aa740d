// From the bytes of a segment to records and their lines.
import { crc32 } from 'node:zlib';
import {
  readRecordHeader,
  RECORD_HEADER_BYTES,
  RECORD_SUMMED_AT,
  type SpoolRecord,
} from '../../../core/spool-layout.ts';
import type { QueueEntry } from './queue-entry.ts';
import type { QueuePosition } from './queue-position.ts';

const NEWLINE = 10;

/** Undefined: it is not whole, or not yet. */
export function readRecord(
  chunk: Buffer,
  at: number,
): { readonly record: SpoolRecord; readonly bytes: Buffer } | undefined {
  const record = readRecordHeader(chunk.subarray(at));
  if (record === undefined || at + record.bytes > chunk.length) return undefined;
  const bytes = chunk.subarray(at, at + record.bytes);
  return crc32(bytes.subarray(RECORD_SUMMED_AT)) === record.sum ? { record, bytes } : undefined;
}

/** `from`: where the record begins, or a position within it. At most `most` entries. */
export function entriesOf(
  record: SpoolRecord,
  bytes: Buffer,
  from: QueuePosition,
  most: number,
): QueueEntry[] {
  const textAt = RECORD_HEADER_BYTES + record.serviceBytes;
  const common = {
    service: bytes.toString('utf8', RECORD_HEADER_BYTES, textAt),
    stream: record.stream,
    pid: record.pid,
    timeMs: record.timeMs,
    extent: record.ends === 'continues' ? 'piece' : 'line',
  } as const;
  const firstStamp = from.stamp.timeMs === record.timeMs ? from.stamp.lines : 0;
  const entries: QueueEntry[] = [];
  let index = 0;
  for (let at = textAt; at < bytes.length && entries.length < most; index++) {
    const end = record.ends === 'record' ? endOfRecord(bytes) : endOfLine(bytes, at);
    if (index >= from.doneLines) {
      const done = index + 1;
      const stamped = firstStamp + entries.length;
      entries.push({
        ...common,
        timeNs: nanoseconds(record.timeMs, stamped),
        text: bytes.subarray(at, end),
        after: () => positionAfter(from, record, done, stamped + 1),
      });
    }
    at = end + 1;
  }
  return entries;
}

function endOfLine(bytes: Buffer, at: number): number {
  const newline = bytes.indexOf(NEWLINE, at);
  return newline === -1 ? bytes.length : newline;
}

function endOfRecord(bytes: Buffer): number {
  return bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length;
}

/** `from` is of the same record. */
function positionAfter(
  from: QueuePosition,
  record: SpoolRecord,
  done: number,
  stamped: number,
): QueuePosition {
  const isLast = done >= record.lines;
  return {
    segment: from.segment,
    offset: isLast ? from.offset + record.bytes : from.offset,
    doneLines: isLast ? 0 : done,
    totalLines: (from.totalLines ?? 0) + done - from.doneLines,
    stamp: { timeMs: record.timeMs, lines: stamped },
  };
}

/** Doubles cannot hold them. Beyond a million lines it is the next millisecond. */
function nanoseconds(timeMs: number, lines: number): string {
  const ms = Math.trunc(timeMs) + Math.floor(lines / 1_000_000);
  return `${ms}${String(lines % 1_000_000).padStart(6, '0')}`;
}
