// How lines wait on the disk for a remote sink: the names and the bytes of the files that the logs' thread writes and the control plane
// reads. Layout only. A sink has a directory of its own, with segments that are only appended to, and the cursor of its reader.

/** 8 digits that only grow. */
const SEGMENT_NAME = /^(\d{8,15})\.spool$/;
export const CURSOR_NAME = 'cursor.json';

export function segmentName(number: number): string {
  return `${String(number).padStart(8, '0')}.spool`;
}

export function segmentNumber(name: string): number | undefined {
  const digits = SEGMENT_NAME.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** What was ever appended to the queue. Exact as long as nobody else removes files: what a reader did not see, it can count by it. */
export type SpoolTotals = {
  /** A piece of a line that was too long counts as a line, and a record of several lines as one. */
  readonly lines: number;
  readonly bytes: number;
};

/** Magic, then the totals before the first record, as 64-bit floats: `BSP1` in little-endian bytes, as all numbers here. */
const SEGMENT_MAGIC = 0x3150_5342;
export const SEGMENT_HEADER_BYTES = 24;

/** The record's length, the CRC-32 of all that follows, then the fields of SpoolRecord. */
export const RECORD_HEADER_BYTES = 28;
const RECORD_SUM_AT = 4;
/** What the sum is of begins here. */
export const RECORD_SUMMED_AT = 8;
const TIME_AT = 8;
const PID_AT = 16;
const LINES_AT = 20;
const SERVICE_BYTES_AT = 24;
const STREAM_AT = 26;
const ENDS_AT = 27;
const ENDS = ['line', 'continues', 'record'] as const;
/** A block has 64 KiB; masking may make more of it. What claims to be longer is not a record. */
export const LONGEST_RECORD_BYTES = 16_777_216;

export type SpoolRecord = {
  /** Of the whole record. */
  readonly bytes: number;
  readonly sum: number;
  readonly timeMs: number;
  readonly pid: number;
  readonly lines: number;
  readonly serviceBytes: number;
  readonly stream: 'stdout' | 'stderr';
  readonly ends: 'line' | 'continues' | 'record';
};

export function writeSegmentHeader(into: Uint8Array, { lines, bytes }: SpoolTotals): void {
  const view = viewOf(into);
  view.setUint32(0, SEGMENT_MAGIC, true);
  view.setFloat64(8, lines, true);
  view.setFloat64(16, bytes, true);
}

/** Undefined: it is too short, or not one. */
export function readSegmentHeader(from: Uint8Array): SpoolTotals | undefined {
  if (from.length < SEGMENT_HEADER_BYTES) return undefined;
  const view = viewOf(from);
  if (view.getUint32(0, true) !== SEGMENT_MAGIC) return undefined;
  return { lines: view.getFloat64(8, true), bytes: view.getFloat64(16, true) };
}

/** All but the sum, which is of what this has written and of what follows it. */
export function writeRecordHeader(into: Uint8Array, record: Omit<SpoolRecord, 'sum'>): void {
  const view = viewOf(into);
  view.setUint32(0, record.bytes, true);
  view.setFloat64(TIME_AT, record.timeMs, true);
  view.setUint32(PID_AT, record.pid, true);
  view.setUint32(LINES_AT, record.lines, true);
  view.setUint16(SERVICE_BYTES_AT, record.serviceBytes, true);
  view.setUint8(STREAM_AT, record.stream === 'stdout' ? 0 : 1);
  view.setUint8(ENDS_AT, ENDS.indexOf(record.ends));
}

export function writeRecordSum(into: Uint8Array, sum: number): void {
  viewOf(into).setUint32(RECORD_SUM_AT, sum, true);
}

/** Undefined: there is not so much, or it cannot be one. Whether it is one, its sum tells. */
export function readRecordHeader(from: Uint8Array): SpoolRecord | undefined {
  if (from.length < RECORD_HEADER_BYTES) return undefined;
  const view = viewOf(from);
  const bytes = view.getUint32(0, true);
  const serviceBytes = view.getUint16(SERVICE_BYTES_AT, true);
  if (bytes < RECORD_HEADER_BYTES + serviceBytes || bytes > LONGEST_RECORD_BYTES) return undefined;
  return {
    bytes,
    sum: view.getUint32(RECORD_SUM_AT, true),
    timeMs: view.getFloat64(TIME_AT, true),
    pid: view.getUint32(PID_AT, true),
    lines: view.getUint32(LINES_AT, true),
    serviceBytes,
    stream: view.getUint8(STREAM_AT) === 0 ? 'stdout' : 'stderr',
    ends: ENDS[view.getUint8(ENDS_AT)] ?? 'line',
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
