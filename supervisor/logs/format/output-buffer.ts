// The memory that a format gives its output in: used again for each block, so that megabytes a second do not become garbage.
import { Buffer } from 'node:buffer';

/** A block of 64 KiB of usual lines as JSON takes 120 KiB; one of nothing but newlines takes megabytes, which are not kept. */
const KEPT_BYTES = 262_144;

export class OutputBuffer {
  #bytes = Buffer.alloc(0);

  /** `text`: one character for each byte. Valid until the next call. */
  fill(text: string): Uint8Array {
    const { length } = text;
    if (length > this.#bytes.length || (length <= KEPT_BYTES && this.#bytes.length > KEPT_BYTES))
      this.#bytes = Buffer.allocUnsafeSlow(capacityFor(length));
    this.#bytes.write(text, 0, 'latin1');
    return this.#bytes.subarray(0, length);
  }
}

function capacityFor(length: number): number {
  let capacity = 4096;
  while (capacity < length) capacity *= 2;
  return capacity;
}
