// What waits for the reader of standard output: a ring of bytes in memory of the engine's, and how many lines were lost on the way. Each step
// is one store, or one that can be done again: a thread that dies leaves all of it to the next one, which goes on at the same byte.
import { copyBytes } from './copy-bytes.ts';
import { COUNT, WORD, type LogBoard } from '../core/log-board.ts';
import { countLines } from './block-splitter.ts';

/** For Bosun's own lines: what it does is told also where a service has filled the queue. */
const OWN_ROOM_BYTES = 131_072;

/** A word of the board that write(2) moves on. */
export type WordCounter = { readonly words: Int32Array; readonly word: number };

export class StdoutQueue {
  readonly #words: Int32Array;
  readonly #counts: BigInt64Array;
  readonly #ring: Buffer;
  /** What is written from `head` is taken out by it. */
  readonly taken: WordCounter;

  constructor({ words, counts, queue }: LogBoard) {
    this.#words = words;
    this.#counts = counts;
    this.#ring = Buffer.from(queue.buffer, queue.byteOffset, queue.byteLength);
    this.taken = { words, word: WORD.queueHead };
    this.#finishClearing();
  }

  get bytes(): number {
    return (this.#word(WORD.queueTail) - this.#word(WORD.queueHead)) >>> 0;
  }

  get room(): number {
    return this.#ring.length - this.bytes;
  }

  /** For lines of services. */
  get roomForBlock(): number {
    return this.room - Math.min(OWN_ROOM_BYTES, this.#ring.length / 16);
  }

  /** Whether the block at hand was put in, by this thread or by the one before it. */
  get hasBlock(): boolean {
    return this.#word(WORD.queueTail) !== this.#word(WORD.queueMark);
  }

  /** Whether a block is at hand that is not where it belongs: nothing else may be put in before it. */
  get isReserved(): boolean {
    return this.#word(WORD.owner) !== 0 && this.#word(WORD.blockOf) === this.#word(WORD.doneBytes) + 1;
  }

  /** There has to be room. In it from the last store on, and not in parts. */
  put(bytes: Uint8Array): void {
    const tail = this.#word(WORD.queueTail);
    const at = (tail >>> 0) % this.#ring.length;
    const first = Math.min(bytes.length, this.#ring.length - at);
    copyBytes(first === bytes.length ? bytes : bytes.subarray(0, first), this.#ring, at);
    if (first < bytes.length) copyBytes(bytes.subarray(first), this.#ring, 0);
    this.#words[WORD.queueTail] = tail + bytes.length;
  }

  /** The oldest bytes, as far as they lie in one piece. */
  get head(): Buffer {
    const at = (this.#word(WORD.queueHead) >>> 0) % this.#ring.length;
    return this.#ring.subarray(at, Math.min(this.#ring.length, at + this.bytes));
  }

  /** Throws all of it away; its lines are dropped ones. */
  clear(): void {
    const begin = this.head;
    const lines = countLines(begin) + countLines(this.#ring.subarray(0, this.bytes - begin.length));
    this.#counts[COUNT.droppedNext] = this.droppedLines + BigInt(lines);
    this.#words[WORD.clearing] = 1;
    this.#finishClearing();
  }

  /** Since Bosun started. */
  get droppedLines(): bigint {
    return this.#count(COUNT.droppedLines);
  }

  /** Lines that never came here. */
  countDropped(lines: number): void {
    this.#counts[COUNT.droppedLines] = this.droppedLines + BigInt(lines);
  }

  /** The same of the block at hand, of which no other lines were dropped: done again it changes nothing. */
  countDroppedOfBlock(lines: number): void {
    this.#counts[COUNT.droppedLines] = this.#count(COUNT.droppedLinesBefore) + BigInt(lines);
  }

  /** Lost lines that no notice has told; those too that were lost on their way here. */
  get untoldLines(): number {
    return Number(this.droppedLines + this.#count(COUNT.ownDroppedLines) - this.#toldLines);
  }

  /** A notice that tells of so many. There has to be room. */
  putNotice(notice: Uint8Array, lines: number): void {
    const told = (this.#counts[COUNT.toldLines] = this.#toldLines);
    this.#words[WORD.noticeMark] = this.#word(WORD.queueTail);
    this.#counts[COUNT.toldNext] = told + BigInt(lines);
    // From here on it has been told.
    this.put(notice);
    this.#counts[COUNT.toldLines] = this.#count(COUNT.toldNext);
  }

  get #toldLines(): bigint {
    const isIn = this.#word(WORD.queueTail) !== this.#word(WORD.noticeMark);
    return this.#count(isIn ? COUNT.toldNext : COUNT.toldLines);
  }

  #finishClearing(): void {
    if (this.#word(WORD.clearing) !== 1) return;
    this.#counts[COUNT.droppedLines] = this.#count(COUNT.droppedNext);
    this.#words[WORD.queueHead] = this.#word(WORD.queueTail);
    this.#words[WORD.clearing] = 0;
  }

  #word(word: number): number {
    return this.#words[word] ?? 0;
  }

  #count(count: number): bigint {
    return this.#counts[count] ?? 0n;
  }
}
