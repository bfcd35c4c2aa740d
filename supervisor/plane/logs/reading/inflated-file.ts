// A compressed log file, read forwards in pieces. What is inflated is used up before more is: the file may be a thousand times larger.
import { pipeline, type Transform } from 'node:stream';
import { createGunzip, createZstdDecompress } from 'node:zlib';
import type { OpenLogFile } from './log-files.ts';

const CHUNK_BYTES = 65_536;

export class InflatedFile {
  readonly number: number;
  readonly #output: Transform;
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(number: number, { handle, form }: OpenLogFile) {
    this.number = number;
    const options = { chunkSize: CHUNK_BYTES };
    this.#output = form === 'gzip' ? createGunzip(options) : createZstdDecompress(options);
    // It closes the file too. Errors come out of the iterator.
    pipeline(handle.createReadStream({ highWaterMark: CHUNK_BYTES }), this.#output, () => undefined);
    this.#chunks = this.#output[Symbol.asyncIterator]() as AsyncIterator<Buffer, undefined>;
  }

  /** Undefined at the end. Throws the errors of zlib, as for a file that is cut off. */
  async next(): Promise<Buffer | undefined> {
    const rest = this.#rest;
    this.#rest = Buffer.alloc(0);
    if (rest.length > 0) return rest;
    const { value } = await this.#chunks.next();
    return value;
  }

  /** Gives back what was not used: `next` begins with it. */
  putBack(bytes: Buffer): void {
    this.#rest = bytes;
  }

  /** Up to this byte. Returns what is before it, as far as it is at hand; undefined: the file is shorter. */
  async skip(offset: number): Promise<Buffer | undefined> {
    let before: Buffer = Buffer.alloc(0);
    for (let at = 0; at < offset;) {
      const chunk = await this.next();
      if (chunk === undefined) return undefined;
      const used = Math.min(chunk.length, offset - at);
      before = Buffer.concat([before.subarray(-CHUNK_BYTES), chunk.subarray(0, used)]);
      if (used < chunk.length) this.putBack(chunk.subarray(used));
      at += used;
    }
    return before;
  }

  close(): void {
    this.#output.destroy();
  }
}
