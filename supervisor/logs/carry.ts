// The unfinished last line of a pipe, in memory of the engine's: a thread that dies leaves it to the next one.
import { CARRY_HEADER_BYTES } from '../core/plane-message.ts';

export class Carry {
  readonly #shared: SharedArrayBuffer;
  readonly #length: Int32Array;

  constructor(shared: SharedArrayBuffer) {
    this.#shared = shared;
    this.#length = new Int32Array(shared, 0, 1);
  }

  get length(): number {
    return this.#length[0] ?? 0;
  }

  /** Valid until the next call. */
  get bytes(): Uint8Array {
    return new Uint8Array(this.#shared, CARRY_HEADER_BYTES, this.length);
  }

  copyTo(target: Uint8Array): void {
    target.set(this.bytes);
  }

  /** In place of what was there. A thread that dies in between is followed by one that does it again. */
  replace(bytes: Uint8Array): void {
    const needed = CARRY_HEADER_BYTES + bytes.length;
    if (needed > this.#shared.byteLength) this.#shared.grow(needed);
    new Uint8Array(this.#shared, CARRY_HEADER_BYTES).set(bytes);
    this.#length[0] = bytes.length;
  }
}
