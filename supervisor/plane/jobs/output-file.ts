// The output of one job on the disk: frames in the order in which they were read, and beside them the counts that have to outlive
// the thread that counted. Everything is written in the tick in which it was read, so that a thread that dies has lost nothing of it.
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
  writevSync,
} from 'node:fs';
import { join } from 'node:path';
import { makeDirectorySync } from '../make-directory.ts';
import { FRAME, FRAME_HEADER_BYTES, frameHeader } from '../../wire/frames.ts';

/** Owner only: a command may print what others must not see. */
const DIRECTORY_MODE = 0o700;
const FILE_MODE = 0o600;
/** Never emptied; not O_APPEND, with which pwrite(2) would take no position. */
const CREATE = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
const SCAN_BYTES = 1_048_576;
/** Four unsigned 64-bit numbers: those of OutputCounts, in its order. */
const COUNTS_BYTES = 32;

export type OutputCounts = {
  readonly dropped: number;
  readonly lost: number;
  /** The size of the file once it is complete; 0 before. */
  readonly completeBytes: number;
  /** Of both streams, once it is complete. */
  readonly streamBytes: number;
};

/** What a former control plane has left: whole frames only. */
export type FoundOutput = { readonly fileBytes: number; readonly streamBytes: number };

export class OutputFile {
  readonly #directory: string;
  #output: number | undefined;
  #counts: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Makes it when it is not there. Throws the errors of open(2). */
  openForWriting(): void {
    makeDirectorySync(this.#directory, DIRECTORY_MODE);
    this.#counts = openSync(join(this.#directory, 'counts'), CREATE, FILE_MODE);
    // Its blocks are taken now: later there may be no room.
    if (fstatSync(this.#counts).size < COUNTS_BYTES)
      writeSync(this.#counts, Buffer.alloc(COUNTS_BYTES), 0, COUNTS_BYTES, 0);
    this.#output = openSync(join(this.#directory, 'output'), CREATE, FILE_MODE);
  }

  openForReading(): void {
    this.#output = openSync(join(this.#directory, 'output'), 'r');
  }

  get isOpen(): boolean {
    return this.#output !== undefined;
  }

  close(): void {
    if (this.#output !== undefined) closeSync(this.#output);
    if (this.#counts !== undefined) closeSync(this.#counts);
    this.#output = undefined;
    this.#counts = undefined;
  }

  /** Undefined when there are none: then nothing is kept of the job. */
  readCounts(): OutputCounts | undefined {
    let fd: number | undefined;
    try {
      fd = openSync(join(this.#directory, 'counts'), 'r');
      const bytes = Buffer.alloc(COUNTS_BYTES);
      readSync(fd, bytes, 0, COUNTS_BYTES, 0);
      const count = (index: number): number => Number(bytes.readBigUInt64BE(8 * index));
      return { dropped: count(0), lost: count(1), completeBytes: count(2), streamBytes: count(3) };
    } catch {
      return undefined;
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  /** What cannot be written down is still known to this thread. */
  writeCounts({ dropped, lost, completeBytes, streamBytes }: OutputCounts): void {
    if (this.#counts === undefined) return;
    const bytes = Buffer.alloc(COUNTS_BYTES);
    for (const [index, count] of [dropped, lost, completeBytes, streamBytes].entries())
      bytes.writeBigUInt64BE(BigInt(count), index * 8);
    try {
      writeSync(this.#counts, bytes, 0, COUNTS_BYTES, 0);
    } catch {
      // As said above.
    }
  }

  /** One frame at `at`, whole or not at all. Throws the errors of write(2). */
  writeFrame(at: number, type: number, payload: Uint8Array): number {
    return this.#writeAll(at, [frameHeader(type, payload.length), payload]);
  }

  /** Whole or not at all. Throws the errors of write(2). */
  writeBytes(at: number, bytes: Uint8Array): number {
    return this.#writeAll(at, [bytes]);
  }

  #writeAll(at: number, parts: readonly Uint8Array[]): number {
    if (this.#output === undefined) throw Object.assign(new Error('not open'), { code: 'EBADF' });
    const wanted = parts.reduce((sum, part) => sum + part.length, 0);
    try {
      let written = writevSync(this.#output, parts, at);
      // A disk that is nearly full takes a part; what follows says why.
      while (written < wanted)
        written += writeSync(this.#output, Buffer.concat(parts), written, wanted - written, at + written);
      return wanted;
    } catch (error) {
      this.#cut(at);
      throw error;
    }
  }

  /** Up to so many bytes from there; none at the end. */
  read(at: number, mostBytes: number): Buffer {
    if (this.#output === undefined) throw new Error('not open');
    const bytes = Buffer.allocUnsafeSlow(mostBytes);
    return bytes.subarray(0, readSync(this.#output, bytes, 0, mostBytes, at));
  }

  /**
   * How far there are whole frames of output. What comes after them is cut off: a frame that a thread did not get to write whole,
   * and frames about the end, which are written anew.
   */
  recover(): FoundOutput {
    if (this.#output === undefined) throw new Error('not open');
    const { size } = fstatSync(this.#output);
    const found = this.#scan(this.#output, size);
    if (found.fileBytes < size) this.#cut(found.fileBytes);
    return found;
  }

  #scan(fd: number, size: number): FoundOutput {
    const block = Buffer.allocUnsafeSlow(Math.min(SCAN_BYTES, Math.max(size, FRAME_HEADER_BYTES)));
    let blockAt = 0;
    let blockLength = 0;
    let at = 0;
    let streamBytes = 0;
    while (at + FRAME_HEADER_BYTES <= size) {
      if (at + FRAME_HEADER_BYTES > blockAt + blockLength) {
        blockAt = at;
        blockLength = readSync(fd, block, 0, block.length, at);
        if (blockLength < FRAME_HEADER_BYTES) break;
      }
      const type = block[at - blockAt];
      const length = block.readUInt32BE(at - blockAt + 4);
      const next = at + FRAME_HEADER_BYTES + length;
      if (next > size || (type !== FRAME.stdout && type !== FRAME.stderr)) break;
      streamBytes += length;
      at = next;
    }
    return { fileBytes: at, streamBytes };
  }

  #cut(at: number): void {
    try {
      if (this.#output !== undefined) ftruncateSync(this.#output, at);
    } catch {
      // Nobody reads beyond what is known to be whole, and the next frame is written over it.
    }
  }
}
