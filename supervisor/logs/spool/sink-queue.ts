// The writing end of one sink's queue on the disk: appends records, begins segments, and removes the oldest beyond the limit. Never throws:
// what cannot be written is counted. A record is never in two segments, so a file that ends in the middle of one hides nothing behind it.
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync, writevSync } from 'node:fs';
import {
  readRecordHeader,
  SEGMENT_HEADER_BYTES,
  writeSegmentHeader,
  type SpoolTotals,
} from '../../core/spool-layout.ts';
import type { SpoolProgress, StoreObserver } from '../ports.ts';
import type { TroubleMemory } from '../trouble-memory.ts';
import { scanSegment } from './scan-segment.ts';
import { SegmentList, type Segment } from './segment-list.ts';

/** What is removed at once when the queue is full, and what a start may have to look through. */
const SEGMENT_BYTES = 4_194_304;
const FEWEST_SEGMENTS = 8;
/** A file that somebody has removed takes with it what is written to it; that is looked for so often. */
const LOOK_MS = 1_000;
const FILE_MODE = 0o600;
const NOTHING: SpoolTotals = { lines: 0, bytes: 0 };

export type SinkQueueOptions = {
  readonly name: string;
  /** Among the sinks. */
  readonly place: number;
  readonly directory: string;
  readonly limitBytes: number;
  readonly observer: StoreObserver;
  readonly memory: TroubleMemory;
};

type OpenSegment = { readonly fd: number; readonly segment: Segment };

export class SinkQueue {
  readonly #options: SinkQueueOptions;
  readonly #segmentBytes: number;
  readonly #segments: SegmentList;
  #open: OpenSegment | undefined;
  /** Undefined: nobody has looked yet at what is there. */
  #totals: SpoolTotals | undefined;
  #lookAtMs = 0;

  constructor(options: SinkQueueOptions) {
    this.#options = options;
    this.#segmentBytes = Math.min(SEGMENT_BYTES, Math.floor(options.limitBytes / FEWEST_SEGMENTS));
    this.#segments = new SegmentList(options.directory);
  }

  /**
   * Appends one record. Bytes of it that a thread has written which then died are written anew, and what there is of them is cut off
   * before. Afterwards the record is where it belongs or lost, and the progress is at its end. `begin`: of this copy, in what the progress of
   * all of them counts.
   */
  write(record: Uint8Array, begin: number, progress: SpoolProgress): void {
    const end = begin + record.length;
    if (progress.bytes >= end) return;
    const lines = readRecordHeader(record)?.lines ?? 0;
    try {
      this.#append(record, lines, begin, progress);
      this.#succeeded();
    } catch (error) {
      this.#undo();
      this.#failed(error);
      progress.lose({ to: end, lines, sink: this.#options.place });
    }
  }

  close(): void {
    if (this.#open !== undefined) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  #append(record: Uint8Array, lines: number, begin: number, { words, word }: SpoolProgress): void {
    const totals = this.#totals ?? this.#recover();
    const { fd, segment } = this.#segmentFor(record, totals);
    for (let written = 0; written < record.length;) {
      const before = begin + written;
      const rest = [written === 0 ? record : record.subarray(written)];
      // Nothing is called between the return of writev(2) and the store: a thread can be ended at any call.
      const now = (words[word] = before + writevSync(fd, rest));
      written = now - begin;
    }
    this.#segments.resize(segment, segment.bytes + record.length);
    this.#totals = { lines: totals.lines + lines, bytes: totals.bytes + record.length };
  }

  #segmentFor(record: Uint8Array, totals: SpoolTotals): OpenSegment {
    const { limitBytes } = this.#options;
    if (SEGMENT_HEADER_BYTES + record.length > limitBytes)
      throw new Error('it is longer than the whole queue');
    this.#lookForRemoval();
    const open = this.#open;
    const isFull = open !== undefined && open.segment.bytes + record.length > this.#segmentBytes;
    const chosen = open === undefined || isFull ? this.#begin(totals) : open;
    this.#segments.makeRoom(record.length, limitBytes);
    return chosen;
  }

  #begin(totals: SpoolTotals): OpenSegment {
    this.close();
    const segment = { number: this.#segments.nextNumber, bytes: SEGMENT_HEADER_BYTES };
    const path = this.#segments.pathOf(segment.number);
    const header = new Uint8Array(SEGMENT_HEADER_BYTES);
    writeSegmentHeader(header, totals);
    const fd = openSync(path, 'ax', FILE_MODE);
    this.#open = { fd, segment };
    this.#segments.add(segment);
    let written = 0;
    try {
      while (written < header.length) written += writeSync(fd, header, written);
    } finally {
      if (written < header.length) {
        this.close();
        this.#segments.removeNewest();
      }
    }
    return this.#open;
  }

  /** After a start: the newest segment goes on where its last whole record ends. Without a header there is nothing in it. */
  #recover(): SpoolTotals {
    this.#segments.load();
    for (;;) {
      const newest = this.#segments.newest;
      const scan = newest && scanSegment(this.#segments.pathOf(newest.number));
      if (newest !== undefined && scan === undefined && newest.bytes <= SEGMENT_HEADER_BYTES) {
        this.#segments.removeNewest();
        continue;
      }
      if (newest !== undefined && scan !== undefined) this.#resume(newest, scan.wholeBytes);
      return (this.#totals = scan?.totals ?? NOTHING);
    }
  }

  #resume(segment: Segment, wholeBytes: number): void {
    const fd = openSync(this.#segments.pathOf(segment.number), 'a');
    this.#open = { fd, segment };
    this.#segments.resize(segment, wholeBytes);
    ftruncateSync(fd, wholeBytes);
  }

  #lookForRemoval(): void {
    const nowMs = Date.now();
    // The clock may have been set back.
    if (this.#open === undefined || Math.abs(nowMs - this.#lookAtMs) < LOOK_MS) return;
    this.#lookAtMs = nowMs;
    if (fstatSync(this.#open.fd).nlink > 0) return;
    this.close();
    this.#segments.load();
  }

  /** What there is of the record goes; where it cannot, the segment ends with it. */
  #undo(): void {
    const open = this.#open;
    if (open === undefined) return;
    try {
      ftruncateSync(open.fd, open.segment.bytes);
    } catch {
      this.close();
    }
  }

  #failed(error: unknown): void {
    const errno = errnoOf(error);
    if (errno === 'ENOENT') this.#relocate();
    const { observer, memory, name } = this.#options;
    if (memory.hasFailedWith('writing', errno)) return;
    const text = error instanceof Error ? error.message : String(error);
    observer.failed({ kind: 'sink', name }, errno, text);
    memory.fail('writing', errno);
  }

  /** The directory has gone: with the next record it is made again. */
  #relocate(): void {
    try {
      this.#segments.load();
    } catch {
      // The next record fails, and tells it.
    }
  }

  #succeeded(): void {
    const { observer, memory, name } = this.#options;
    if (memory.is('writing') === 'well') return;
    observer.recovered({ kind: 'sink', name }, memory.untoldLines);
    memory.told();
    memory.recover('writing');
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : 'EFBIG';
}
