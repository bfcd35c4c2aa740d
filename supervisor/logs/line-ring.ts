// The newest lines of one service, as blocks, up to a bound in bytes: what `bosunctl logs` shows of a service without files. Its memory is
// made once, with the first line: a service that writes a lot leaves nothing for the garbage collector.
import { copyBytes } from './copy-bytes.ts';
import type { HeldBlock, LogBlock, RingMoment } from '../core/log-message.ts';

const NEWLINE = 0x0a;

/** `at`: where its bytes begin, counted from the first byte ever written. */
type Held = { readonly block: Omit<LogBlock, 'bytes'>; readonly at: number; readonly length: number };

export class LineRing {
  readonly #capacityBytes: number;
  #memory: Buffer | undefined;
  #held: Held[] = [];
  /** Of `#held`: those before it are overwritten. */
  #first = 0;
  #end = 0;
  readonly #bornMs = Date.now();

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** Keeps a copy of what it has room for: the end. */
  add({ bytes, ...block }: LogBlock): void {
    const memory = (this.#memory ??= Buffer.allocUnsafeSlow(this.#capacityBytes));
    const kept = lastBytes(bytes, memory.length);
    const at = this.#end + bytes.length - kept.length;
    const offset = at % memory.length;
    const whole = Math.min(kept.length, memory.length - offset);
    copyBytes(whole === kept.length ? kept : kept.subarray(0, whole), memory, offset);
    if (whole < kept.length) copyBytes(kept.subarray(whole), memory, 0);
    this.#end = at + kept.length;
    this.#held.push({ block, at, length: kept.length });
    this.#forget(this.#end - memory.length);
  }

  /** Blocks with the newest `lines` lines, oldest first. */
  newest(lines: number): readonly HeldBlock[] {
    const found: HeldBlock[] = [];
    let wanted = lines;
    for (let index = this.#held.length - 1; index >= this.#first && wanted > 0; index -= 1) {
      const held = this.#held[index];
      if (held === undefined) break;
      const { bytes, count } = lastLines(this.#copyOf(held), wanted);
      wanted -= count;
      const byte = held.at + held.length - bytes.length;
      found.push({ ...held.block, bytes, at: { bornMs: this.#bornMs, byte } });
    }
    return found.reverse();
  }

  /** Behind everything. */
  get moment(): RingMoment {
    return { bornMs: this.#bornMs, byte: this.#end };
  }

  #forget(before: number): void {
    for (let held = this.#held[this.#first]; held !== undefined && held.at < before;) {
      this.#first += 1;
      held = this.#held[this.#first];
    }
    if (this.#first < 64 || this.#first < this.#held.length / 2) return;
    this.#held = this.#held.slice(this.#first);
    this.#first = 0;
  }

  #copyOf({ at, length }: Held): Buffer {
    const memory = this.#memory ?? Buffer.alloc(0);
    const offset = at % memory.length;
    const piece = memory.subarray(offset, offset + length);
    return piece.length === length
      ? Buffer.from(piece)
      : Buffer.concat([piece, memory.subarray(0, length - piece.length)]);
  }
}

/** From the beginning of a line on; a line that is larger than all of the room is kept in part. */
function lastBytes(bytes: Uint8Array, room: number): Uint8Array {
  if (bytes.length <= room) return bytes;
  const newline = bytes.indexOf(NEWLINE, bytes.length - room);
  const isLast = newline < 0 || newline === bytes.length - 1;
  return isLast ? bytes.subarray(bytes.length - room) : bytes.subarray(newline + 1);
}

/** A piece of a line that goes on counts as one. */
function lastLines(bytes: Uint8Array, lines: number): { readonly bytes: Uint8Array; readonly count: number } {
  let count = 0;
  // The newline at the very end has no line after it.
  let at = bytes.length - 1;
  for (;;) {
    const newline = at <= 0 ? -1 : bytes.lastIndexOf(NEWLINE, at - 1);
    count += 1;
    if (newline < 0) return { bytes, count };
    if (count === lines) return { bytes: bytes.subarray(newline + 1), count };
    at = newline;
  }
}
