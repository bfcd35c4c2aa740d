// From the bytes of one pipe to its lines. Works on bytes, so that whatever a service writes comes out as it went in.
// A line beyond 64 KiB is split, between characters where it is UTF-8, and every piece but the last says so.
import { MAX_LINE_BYTES } from '../../core/plane-message.ts';
import type { Carry } from './carry.ts';

const NEWLINE = 0x0a;

/** `ends`: at a newline, because it was too long, or because the pipe was at its end. */
export type LineEnd = 'newline' | 'too-long' | 'end-of-pipe';

/** The bytes are valid during the call only; the newline is not among them. */
export type LineListener = (line: Buffer, ends: LineEnd) => void;

export class LineSplitter {
  readonly #carry: Carry;
  readonly #onLine: LineListener;

  constructor(carry: Carry, onLine: LineListener) {
    this.#carry = carry;
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#finishLine(chunk.subarray(start, end));
      start = end + 1;
    }
    this.#keep(chunk.subarray(start));
  }

  /** The pipe has ended: a last line without a newline is a line too. */
  end(): void {
    if (this.#carry.length > 0) this.#onLine(this.#carry.bytes, 'end-of-pipe');
    this.#carry.clear();
  }

  #finishLine(segment: Buffer): void {
    const line = this.#carry.length === 0 ? segment : Buffer.concat([this.#carry.bytes, segment]);
    this.#onLine(this.#splitOff(line), 'newline');
    this.#carry.clear();
  }

  #keep(segment: Buffer): void {
    if (segment.length === 0) return;
    if (this.#carry.length + segment.length <= MAX_LINE_BYTES) {
      this.#carry.append(segment);
      return;
    }
    const rest = this.#splitOff(Buffer.concat([this.#carry.bytes, segment]));
    this.#carry.clear();
    this.#carry.append(rest);
  }

  /** Hands out all but the last piece. */
  #splitOff(line: Buffer): Buffer {
    let rest = line;
    while (rest.length > MAX_LINE_BYTES) {
      const cut = cutBefore(rest, MAX_LINE_BYTES);
      this.#onLine(rest.subarray(0, cut), 'too-long');
      rest = rest.subarray(cut);
    }
    return rest;
  }
}

/** The last position up to `limit` that does not lie within a UTF-8 sequence; `limit` itself when it is not UTF-8. */
function cutBefore(bytes: Buffer, limit: number): number {
  for (let cut = limit; cut > limit - 4; cut -= 1) {
    if (((bytes[cut] ?? 0) & 0xc0) !== 0x80) return cut;
  }
  return limit;
}
