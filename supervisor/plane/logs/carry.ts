// The unfinished last line of a pipe. When the engine gives a piece of shared memory it lives there, so that a control
// plane that dies leaves it to the next one; otherwise it is this thread's own.
import { CARRY_HEADER_BYTES } from '../../core/plane-message.ts';

export type Carry = {
  readonly length: number;
  /** Valid until the next call. */
  readonly bytes: Buffer;
  append(bytes: Uint8Array): void;
  clear(): void;
};

/** The shared memory holds CARRY_BYTES; whatever a former control plane left in it is taken on. */
export function createCarry(shared?: SharedArrayBuffer): Carry {
  return shared === undefined ? new OwnCarry() : new SharedCarry(shared);
}

class OwnCarry implements Carry {
  #store = Buffer.alloc(0);
  length = 0;

  get bytes(): Buffer {
    return this.#store.subarray(0, this.length);
  }

  append(bytes: Uint8Array): void {
    const needed = this.length + bytes.length;
    if (needed > this.#store.length) {
      const grown = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#store.length, 256));
      this.#store.copy(grown, 0, 0, this.length);
      this.#store = grown;
    }
    this.#store.set(bytes, this.length);
    this.length = needed;
  }

  clear(): void {
    this.length = 0;
    // Thousands of pipes that once had a long line should not keep 64 KiB each.
    if (this.#store.length > 4096) this.#store = Buffer.alloc(0);
  }
}

class SharedCarry implements Carry {
  readonly #shared: SharedArrayBuffer;
  readonly #length: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.#shared = shared;
    this.#length = new Int32Array(shared, 0, 1);
  }

  get length(): number {
    return this.#length[0] ?? 0;
  }

  get bytes(): Buffer {
    return Buffer.from(this.#shared, CARRY_HEADER_BYTES, this.length);
  }

  append(bytes: Uint8Array): void {
    const length = this.length;
    const needed = CARRY_HEADER_BYTES + length + bytes.length;
    if (needed > this.#shared.byteLength) this.#shared.grow(needed);
    Buffer.from(this.#shared, CARRY_HEADER_BYTES).set(bytes, length);
    // Last, so that a thread that dies in between leaves whole bytes only.
    this.#length[0] = length + bytes.length;
  }

  clear(): void {
    this.#length[0] = 0;
  }
}
