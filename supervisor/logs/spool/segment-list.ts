// The segments of one queue as its writer knows them, oldest first, and the room that they take. Synchronous.
import { mkdirSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { segmentName, segmentNumber } from '../../core/spool-layout.ts';
import { makeDirectory } from '../make-directory.ts';

/** Nobody but Bosun may read what services have written. */
const DIRECTORY_MODE = 0o700;

export type Segment = { readonly number: number; bytes: number };

export class SegmentList {
  readonly #directory: string;
  #segments: Segment[] = [];
  #totalBytes = 0;
  /** A number is never used twice, also when somebody has removed the files. */
  #lastNumber = 0;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** What is there, made if need be. Throws. */
  load(): void {
    makeDirectory(this.#directory, DIRECTORY_MODE, mkdirSync);
    this.#segments = readdirSync(this.#directory)
      .flatMap((name) => {
        const number = segmentNumber(name);
        return number === undefined ? [] : [{ number, bytes: sizeOf(join(this.#directory, name)) }];
      })
      .sort((a, b) => a.number - b.number);
    this.#totalBytes = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0);
    this.#lastNumber = Math.max(this.#lastNumber, this.newest?.number ?? 0);
  }

  get newest(): Segment | undefined {
    return this.#segments.at(-1);
  }

  get nextNumber(): number {
    return this.#lastNumber + 1;
  }

  pathOf(number: number): string {
    return join(this.#directory, segmentName(number));
  }

  add(segment: Segment): void {
    this.#segments.push(segment);
    this.#lastNumber = segment.number;
    this.#totalBytes += segment.bytes;
  }

  resize(segment: Segment, bytes: number): void {
    this.#totalBytes += bytes - segment.bytes;
    segment.bytes = bytes;
  }

  /** The oldest ones, until `bytes` more fit into `limitBytes` or only the newest is left. The reader may have removed them already. */
  makeRoom(bytes: number, limitBytes: number): void {
    while (this.#totalBytes + bytes > limitBytes && this.#segments.length > 1) this.#removeOldest();
  }

  removeNewest(): void {
    const newest = this.#segments.pop();
    if (newest === undefined) return;
    this.#totalBytes -= newest.bytes;
    remove(this.pathOf(newest.number));
  }

  /** It stays in the list when it cannot be removed: it takes its room. */
  #removeOldest(): void {
    const oldest = this.#segments[0];
    if (oldest === undefined) return;
    remove(this.pathOf(oldest.number));
    this.#segments.shift();
    this.#totalBytes -= oldest.bytes;
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

function sizeOf(path: string): number {
  try {
    return statSync(path).size;
  } catch (error) {
    if (isMissing(error)) return 0;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
