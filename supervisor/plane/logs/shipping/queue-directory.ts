// The directory of one sink's queue, from the reader's side. Asynchronous; what has gone is not an error, because the writer removes too.
import { open, readdir, stat, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import {
  readSegmentHeader,
  SEGMENT_HEADER_BYTES,
  segmentName,
  segmentNumber,
  type SpoolTotals,
} from '../../../core/spool-layout.ts';

export class QueueDirectory {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  /** Oldest first. */
  async segments(): Promise<readonly number[]> {
    const names = await orMissing(readdir(this.path));
    return (names ?? [])
      .map(segmentNumber)
      .filter((number) => number !== undefined)
      .sort((a, b) => a - b);
  }

  /** Undefined: it is not there (any more). */
  async sizeOf(segment: number): Promise<number | undefined> {
    return (await orMissing(stat(this.#fileOf(segment))))?.size;
  }

  /** What is there, at most `most` bytes. Undefined: the segment is not there (any more). */
  async read(segment: number, offset: number, most: number): Promise<Buffer | undefined> {
    const file = await orMissing(open(this.#fileOf(segment), 'r'));
    if (file === undefined) return undefined;
    try {
      return await readAt(file, offset, most);
    } finally {
      await file.close();
    }
  }

  /** Undefined: not there, or not whole. */
  async totalsBefore(segment: number): Promise<SpoolTotals | undefined> {
    const header = await this.read(segment, 0, SEGMENT_HEADER_BYTES);
    return header && readSegmentHeader(header);
  }

  /** All before `segment`; never the newest, which tells the writer how to go on. */
  async removeBefore(segment: number): Promise<void> {
    const segments = await this.segments();
    const newest = segments.at(-1) ?? 0;
    for (const number of segments)
      if (number < segment && number < newest) await orMissing(unlink(this.#fileOf(number)));
  }

  #fileOf(segment: number): string {
    return join(this.path, segmentName(segment));
  }
}

async function readAt(file: FileHandle, offset: number, most: number): Promise<Buffer> {
  const { size } = await file.stat();
  const bytes = Buffer.allocUnsafeSlow(Math.max(0, Math.min(size - offset, most)));
  let filled = 0;
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, offset + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

async function orMissing<T>(act: Promise<T>): Promise<T | undefined> {
  try {
    return await act;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
