// What has been read and is not yet where it belongs, in memory of the engine's. Every step is one store, so that a thread that ends between
// two of them, wherever that is, is followed by one that knows what is left to do. Knows nothing of pipes and sinks.
import { COUNT, LOG_READ_BYTES, WORD, type LogBoard } from '../core/log-board.ts';
import type { Progress } from './ports.ts';

export type Outlook = 'more' | 'end' | 'timed-out';

/** As they stand in the board. */
const OUTLOOKS: readonly Outlook[] = ['more', 'end', 'timed-out'];
/** A block at which so many threads have died is left out: those after it are waiting. */
const MOST_ATTEMPTS = 3;

type Read = (target: Buffer, at: number, bytes: number) => number;
type ProgressWord = typeof WORD.stdoutDone | typeof WORD.fileDone | typeof WORD.spoolDone;

export class Staging {
  readonly #board: LogBoard;
  readonly bytes: Buffer;
  readonly stdout: Progress;
  readonly file: Progress;
  readonly spool: Progress;

  constructor(board: LogBoard) {
    this.#board = board;
    const { buffer, byteOffset, byteLength } = board.staging;
    this.bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.stdout = new WordProgress(board.words, WORD.stdoutDone);
    this.file = new WordProgress(board.words, WORD.fileDone);
    this.spool = new WordProgress(board.words, WORD.spoolDone);
  }

  /** Whose bytes they are; 0: there are none. */
  get owner(): number {
    return this.#board.words[WORD.owner] ?? 0;
  }

  get filled(): Buffer {
    return this.bytes.subarray(0, this.#board.words[WORD.stagedBytes]);
  }

  get doneBytes(): number {
    return this.#board.words[WORD.doneBytes] ?? 0;
  }

  get readAtMs(): number {
    return Number(this.#board.counts[COUNT.readAtMs]);
  }

  get outlook(): Outlook {
    return OUTLOOKS[this.#board.words[WORD.outlook] ?? 0] ?? 'more';
  }

  /**
   * Takes what was carried, and reads behind it. Returns what `read` does and throws what it throws, with nothing taken. Between the return of
   * read(2) and the store of its length nothing is called: V8 ends a thread only where a function begins or a loop turns.
   */
  fill(owner: number, carried: number, read: Read): number {
    const { words, counts } = this.#board;
    words[WORD.stagedBytes] = carried;
    words[WORD.doneBytes] = 0;
    words[WORD.blockOf] = 0;
    words[WORD.outlook] = 0;
    counts[COUNT.readAtMs] = BigInt(Date.now());
    words[WORD.owner] = owner;
    const length = (words[WORD.stagedBytes] = carried + read(this.bytes, carried, LOG_READ_BYTES));
    return length - carried;
  }

  /** After what is here. */
  expect(outlook: Outlook): void {
    this.#board.words[WORD.outlook] = OUTLOOKS.indexOf(outlook);
  }

  /** A block is given to the sinks from here on; one that a former thread has begun is gone on with, unless too many have died of it. */
  beginBlock(): 'begun' | 'hopeless' {
    const { words } = this.#board;
    const block = this.doneBytes + 1;
    if (words[WORD.blockOf] === block) {
      const attempts = (words[WORD.attempts] = (words[WORD.attempts] ?? 0) + 1);
      return attempts < MOST_ATTEMPTS ? 'begun' : 'hopeless';
    }
    words[WORD.attempts] = 0;
    words[WORD.stdoutDone] = 0;
    words[WORD.fileDone] = 0;
    words[WORD.spoolDone] = 0;
    words[WORD.queueMark] = words[WORD.queueTail] ?? 0;
    words[WORD.blockOf] = block;
    return 'begun';
  }

  /** Every sink has it. */
  endBlock(end: number): void {
    this.#board.words[WORD.doneBytes] = end;
  }

  release(): void {
    this.#board.words[WORD.owner] = 0;
  }
}

class WordProgress implements Progress {
  readonly #words: Int32Array;
  readonly #word: ProgressWord;

  constructor(words: Int32Array, word: ProgressWord) {
    this.#words = words;
    this.#word = word;
  }

  get bytes(): number {
    return this.#words[this.#word] ?? 0;
  }

  add(bytes: number): void {
    this.#words[this.#word] = this.bytes + bytes;
  }
}
