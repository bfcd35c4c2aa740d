// How far a segment can be read, after whoever wrote it may have died at any byte. Synchronous; at most one segment in memory.
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import {
  readRecordHeader,
  readSegmentHeader,
  RECORD_SUMMED_AT,
  SEGMENT_HEADER_BYTES,
  type SpoolTotals,
} from '../../core/spool-layout.ts';

export type SegmentScan = {
  /** Up to the last record that is whole; what is behind is the beginning of one. */
  readonly wholeBytes: number;
  readonly fileBytes: number;
  /** At `wholeBytes`. */
  readonly totals: SpoolTotals;
};

/** Undefined: it has no header. Throws what open(2) and read(2) say. */
export function scanSegment(path: string): SegmentScan | undefined {
  const bytes = readWhole(path);
  const before = readSegmentHeader(bytes);
  if (before === undefined) return undefined;
  let at = SEGMENT_HEADER_BYTES;
  let lines = before.lines;
  for (;;) {
    const record = readRecordHeader(bytes.subarray(at));
    if (record === undefined || at + record.bytes > bytes.length) break;
    if (crc32(bytes.subarray(at + RECORD_SUMMED_AT, at + record.bytes)) !== record.sum) break;
    at += record.bytes;
    lines += record.lines;
  }
  const totals = { lines, bytes: before.bytes + at - SEGMENT_HEADER_BYTES };
  return { wholeBytes: at, fileBytes: bytes.length, totals };
}

function readWhole(path: string): Uint8Array {
  const fd = openSync(path, 'r');
  try {
    const bytes = Buffer.allocUnsafeSlow(fstatSync(fd).size);
    let filled = 0;
    for (let got = 1; got > 0 && filled < bytes.length; filled += got)
      got = readSync(fd, bytes, filled, bytes.length - filled, filled);
    return bytes.subarray(0, filled);
  } finally {
    closeSync(fd);
  }
}
