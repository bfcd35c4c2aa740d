// Where the control plane puts Bosun's own lines for the logs' thread: memory of the engine's, so that they are there still when either of the
// two has died (logs/own-lines.ts takes them out). What there is no room for is counted as dropped.
import { COUNT, openLogBoard, WORD, type LogBoard } from '../../core/log-board.ts';

const LENGTH_BYTES = 4;

export class OwnLineRing {
  readonly #board: LogBoard;

  constructor(board: SharedArrayBuffer) {
    this.#board = openLogBoard(board);
  }

  /** Lines that standard output was to show and never did, since Bosun started. */
  get droppedLines(): number {
    const { counts } = this.#board;
    return Number((counts[COUNT.droppedLines] ?? 0n) + (counts[COUNT.ownDroppedLines] ?? 0n));
  }

  put(line: string): 'put' | 'dropped' {
    const { words, own } = this.#board;
    const bytes = Buffer.from(line);
    const tail = Atomics.load(words, WORD.ownTail);
    const usedBytes = (tail - Atomics.load(words, WORD.ownHead)) >>> 0;
    if (usedBytes + LENGTH_BYTES + bytes.length > own.length) {
      this.countDropped(1);
      return 'dropped';
    }
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt32LE(bytes.length);
    this.#copy(length, tail);
    this.#copy(bytes, tail + LENGTH_BYTES);
    Atomics.store(words, WORD.ownTail, tail + LENGTH_BYTES + bytes.length);
    return 'put';
  }

  /** No room was found for so many. */
  countDropped(lines: number): void {
    Atomics.add(this.#board.counts, COUNT.ownDroppedLines, BigInt(lines));
  }

  #copy(bytes: Uint8Array, position: number): void {
    const { own } = this.#board;
    const at = (position >>> 0) % own.length;
    const first = bytes.subarray(0, own.length - at);
    own.set(first, at);
    own.set(bytes.subarray(first.length), 0);
  }
}
