// Reads a queue on from a position, over the borders of segments, torn ends, and what the writer has removed meanwhile. Keeps nothing open and
// remembers nothing: the position is all there is.
import { LONGEST_RECORD_BYTES, readRecordHeader, SEGMENT_HEADER_BYTES } from '../../../core/spool-layout.ts';
import type { QueueDirectory } from './queue-directory.ts';
import type { QueueEntry } from './queue-entry.ts';
import type { QueuePosition } from './queue-position.ts';
import { entriesOf, readRecord } from './queue-record.ts';

const NOTHING = { entries: [], extent: 'all' } as const;
/** The longest record there usually is. */
const ROOM_BYTES = 131_072;

export type BatchLimits = { readonly lines: number; readonly bytes: number };

export type QueueReading = {
  /** In order, of one segment. */
  readonly entries: readonly QueueEntry[];
  /** Where the entries begin: behind what was missed. */
  readonly position: QueuePosition;
  /** Lines that were removed or damaged before anybody read them. */
  readonly missedLines: number;
  /** `full`: there may be more. */
  readonly extent: 'full' | 'all';
};

type Taken = Pick<QueueReading, 'entries' | 'extent'>;

/** Rejects with what the file system says. */
export async function readQueue(
  directory: QueueDirectory,
  from: QueuePosition,
  limits: BatchLimits,
): Promise<QueueReading> {
  let position = from;
  let missedLines = 0;
  for (;;) {
    const taken = await readSegment(directory, position, limits);
    if (taken.extent === 'full') return { ...taken, position, missedLines };
    const next = await nextSegment(directory, position);
    if (next === undefined) return { ...taken, position, missedLines };
    if (taken.entries.length > 0) return { entries: taken.entries, extent: 'full', position, missedLines };
    // The writer may have appended to the segment just before it began another one.
    const late = await readSegment(directory, position, limits);
    if (late.entries.length > 0) return { entries: late.entries, extent: 'full', position, missedLines };
    if (position.totalLines !== undefined)
      missedLines += Math.max(0, (next.totalLines ?? 0) - position.totalLines);
    position = next;
  }
}

async function readSegment(
  directory: QueueDirectory,
  from: QueuePosition,
  limits: BatchLimits,
): Promise<Taken> {
  if (from.segment === 0) return NOTHING;
  const usual = limits.bytes + ROOM_BYTES;
  const chunk = await directory.read(from.segment, from.offset, usual);
  if (chunk === undefined) return NOTHING;
  const first = readRecordHeader(chunk);
  if (first === undefined || first.bytes <= usual) return take(chunk, from, limits);
  const longer = await directory.read(from.segment, from.offset, Math.min(first.bytes, LONGEST_RECORD_BYTES));
  return longer === undefined ? NOTHING : take(longer, from, limits);
}

function take(chunk: Buffer, from: QueuePosition, limits: BatchLimits): Taken {
  const entries: QueueEntry[] = [];
  let position = from;
  let at = 0;
  for (let bytes = 0; ;) {
    if (entries.length >= limits.lines || bytes >= limits.bytes) return { entries, extent: 'full' };
    const reading = readRecord(chunk, at);
    if (reading === undefined) return { entries, extent: 'all' };
    const found = entriesOf(reading.record, reading.bytes, position, limits.lines - entries.length);
    entries.push(...found);
    at += reading.bytes.length;
    bytes += reading.bytes.length;
    // A record of no line has nothing behind which a position could be.
    position = found.at(-1)?.after() ?? { ...position, offset: position.offset + reading.bytes.length };
  }
}

async function nextSegment(
  directory: QueueDirectory,
  position: QueuePosition,
): Promise<QueuePosition | undefined> {
  const segments = await directory.segments();
  const newest = segments.at(-1);
  if (newest === undefined) return undefined;
  // Somebody has emptied the directory, and the numbers have begun anew.
  const later = newest < position.segment ? segments : segments.filter((n) => n > position.segment);
  for (const segment of later) {
    const before = await directory.totalsBefore(segment);
    if (before === undefined) continue;
    const { stamp } = position;
    return { segment, offset: SEGMENT_HEADER_BYTES, doneLines: 0, totalLines: before.lines, stamp };
  }
  return undefined;
}
