// The memory that a format gives its output in: used again for each block, so that megabytes a second do not become garbage.
import { Buffer } from 'node:buffer';
import { FastLines } from './fast-lines.ts';

/** A block of 64 KiB of usual lines as JSON takes 120 KiB; one of nothing but newlines takes megabytes, which are not kept. */
const KEPT_BYTES = 262_144;
/** Where little is written, nothing has to be fast, and its memory is never made. */
const FAST_FROM_BYTES = 4096;

export class OutputBuffer {
  #bytes = Buffer.alloc(0);
  #fast: FastLines | 'none' | undefined;

  /** `text`: one character for each byte. Valid until the next call. */
  fill(text: string): Uint8Array {
    const { length } = text;
    if (length > this.#bytes.length || (length <= KEPT_BYTES && this.#bytes.length > KEPT_BYTES))
      this.#bytes = Buffer.allocUnsafeSlow(capacityFor(length));
    this.#bytes.write(text, 0, 'latin1');
    return this.#bytes.subarray(0, length);
  }

  /** With the lines begun; undefined where they are better done, or have to be done, otherwise. */
  fastFor(lines: Uint8Array, head: string, insertion = ''): FastLines | undefined {
    if (lines.length < FAST_FROM_BYTES) return undefined;
    this.#fast ??= createFastLines();
    if (this.#fast === 'none') return undefined;
    return this.#fast.begin(lines, head, insertion) === 'begun' ? this.#fast : undefined;
  }
}

/** `none`: without a compiler (--jitless) there is no WebAssembly, and a processor may lack its vectors, or the process the address space. */
function createFastLines(): FastLines | 'none' {
  try {
    return new FastLines();
  } catch {
    return 'none';
  }
}

function capacityFor(length: number): number {
  let capacity = 4096;
  while (capacity < length) capacity *= 2;
  return capacity;
}
