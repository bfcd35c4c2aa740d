// Lines of Bosun's own, which the control plane puts into memory that outlives both threads (plane/logs/own-lines.ts). Each is taken out in one
// step: a thread that dies in it is followed by one that knows whether standard output has the line, or its loss is counted.
import { COUNT, openLogBoard, WORD, type LogBoard } from '../core/log-board.ts';

const LENGTH_BYTES = 4;
/** A line at which so many threads have died is dropped: others are waiting. */
const MOST_ATTEMPTS = 3;

export class OwnLines {
  readonly #words: Int32Array;
  readonly #counts: BigInt64Array;
  /** Of what the control plane looks at and changes meanwhile. */
  readonly #shared: Int32Array;
  readonly #ring: Buffer;

  constructor({ shared, words, counts, own }: LogBoard) {
    this.#words = words;
    this.#counts = counts;
    this.#shared = openLogBoard(shared).words;
    this.#ring = Buffer.from(own.buffer, own.byteOffset, own.byteLength);
    this.#settle();
  }

  /** What is there now. `take` gives a line to standard output, or counts it as dropped. */
  takeAll(take: (line: Buffer) => void): void {
    const tail = Atomics.load(this.#shared, WORD.ownTail);
    while (this.#head !== tail) {
      const at = this.#head + LENGTH_BYTES;
      const length = this.#copy(this.#head, LENGTH_BYTES).readUInt32LE();
      const line = this.#copy(at, length);
      this.#begin(at + length);
      take(line);
      this.#end();
    }
  }

  get #head(): number {
    return Atomics.load(this.#shared, WORD.ownHead);
  }

  #begin(next: number): void {
    const words = this.#words;
    words[WORD.ownMark] = words[WORD.queueTail] ?? 0;
    this.#counts[COUNT.droppedLinesBeforeOwn] = this.#droppedLines;
    words[WORD.ownNext] = next;
  }

  #end(): void {
    Atomics.store(this.#shared, WORD.ownHead, this.#words[WORD.ownNext] ?? 0);
    this.#words[WORD.ownAttempts] = 0;
  }

  /** What a former thread has begun. */
  #settle(): void {
    const words = this.#words;
    if (words[WORD.ownNext] === this.#head) {
      words[WORD.ownAttempts] = 0;
      return;
    }
    const before = this.#counts[COUNT.droppedLinesBeforeOwn] ?? 0n;
    const isOver = words[WORD.queueTail] !== words[WORD.ownMark] || this.#droppedLines !== before;
    const attempts = (words[WORD.ownAttempts] ?? 0) + 1;
    if (!isOver && attempts >= MOST_ATTEMPTS) this.#counts[COUNT.droppedLines] = before + 1n;
    if (isOver || attempts >= MOST_ATTEMPTS) {
      this.#end();
      return;
    }
    words[WORD.ownAttempts] = attempts;
    words[WORD.ownNext] = this.#head;
  }

  get #droppedLines(): bigint {
    return this.#counts[COUNT.droppedLines] ?? 0n;
  }

  #copy(position: number, length: number): Buffer {
    const at = (position >>> 0) % this.#ring.length;
    const first = this.#ring.subarray(at, at + length);
    return Buffer.concat([first, this.#ring.subarray(0, length - first.length)]);
  }
}
