// How a sink is doing, for people and for metrics. What is queued is read from the disk, so that nobody has to keep count.
import { readRecordHeader, readSegmentHeader, SEGMENT_HEADER_BYTES } from '../../../core/spool-layout.ts';
import type { LogSinkSpec, LogTarget } from '../../../core/log-spec.ts';
import type { Courier, CourierState } from './courier.ts';
import { QueueDirectory } from './queue-directory.ts';
import type { QueuePosition, SinkCounts } from './queue-position.ts';

/** A segment has 4 MiB or one record. */
const LONGEST_SEGMENT_BYTES = 33_554_432;

export type SinkStatus = SinkCounts & {
  readonly name: string;
  readonly kind: LogTarget['kind'];
  /** Where it sends, without any secret. */
  readonly place: string;
  readonly state: CourierState;
  readonly queuedLines: number;
  /** On the disk; `limitBytes` at most. */
  readonly queuedBytes: number;
  readonly limitBytes: number;
};

export async function readSinkStatus(sink: {
  readonly spec: LogSinkSpec;
  readonly courier: Courier;
  readonly place: string;
  readonly directory: string;
}): Promise<SinkStatus> {
  const { spec, courier, place, directory } = sink;
  const { state, counts, position } = courier;
  const queued = await measureQueue(new QueueDirectory(directory), position);
  const { name, target, queueBytes: limitBytes } = spec;
  return { name, kind: target.kind, place, state, ...counts, ...queued, limitBytes };
}

async function measureQueue(
  directory: QueueDirectory,
  position: QueuePosition,
): Promise<Pick<SinkStatus, 'queuedLines' | 'queuedBytes'>> {
  const segments = (await directory.segments()).filter((number) => number >= position.segment);
  const sizes = await Promise.all(segments.map((number) => directory.sizeOf(number)));
  const whole = sizes.reduce<number>((sum, size) => sum + Math.max(0, (size ?? 0) - SEGMENT_HEADER_BYTES), 0);
  const done = segments[0] === position.segment ? Math.max(0, position.offset - SEGMENT_HEADER_BYTES) : 0;
  const oldest = segments[0];
  const newest = segments.at(-1);
  if (oldest === undefined || newest === undefined) return { queuedLines: 0, queuedBytes: 0 };
  const before = position.totalLines ?? (await directory.totalsBefore(oldest))?.lines ?? 0;
  const queuedLines = Math.max(0, (await linesUpTo(directory, newest)) - before);
  return { queuedLines, queuedBytes: Math.max(0, whole - done) };
}

/** All that was ever in the queue. */
async function linesUpTo(directory: QueueDirectory, newest: number): Promise<number> {
  const bytes = await directory.read(newest, 0, LONGEST_SEGMENT_BYTES);
  const totals = bytes && readSegmentHeader(bytes);
  if (bytes === undefined || totals === undefined) return 0;
  let { lines } = totals;
  for (let at = SEGMENT_HEADER_BYTES; ;) {
    const record = readRecordHeader(bytes.subarray(at));
    if (record === undefined || at + record.bytes > bytes.length) return lines;
    lines += record.lines;
    at += record.bytes;
  }
}
