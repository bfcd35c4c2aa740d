// How far the block at hand has come at each sink, and what of it is lost there. Losses are several stores, so they are written down first, and
// then settled: a thread that dies in between is followed by one that settles the same. Layout of the words: core/log-board.ts.
import { COUNT, SINK, TALLY, WORD, type LogBoard } from '../core/log-board.ts';
import type * as ports from './ports.ts';
import type { WordCounter } from './stdout-queue.ts';
import type { Tally } from './tally.ts';

type Memory = Pick<LogBoard, 'words' | 'counts'>;

class BlockProgress {
  protected readonly board: Memory;
  /** Of the service whose block it is. */
  protected tally: Tally | undefined;

  constructor(board: Memory) {
    this.board = board;
  }

  get words(): Int32Array {
    return this.board.words;
  }

  protected get(word: number): number {
    return this.board.words[word] ?? 0;
  }

  protected before(count: number): bigint {
    return this.board.counts[count] ?? 0n;
  }
}

export class FileProgress extends BlockProgress implements ports.FileProgress {
  readonly word = WORD.fileDone;

  /** Of a block that no thread has begun. */
  reset(tally: Tally): void {
    this.tally = tally;
    const { words, counts } = this.board;
    words[WORD.fileDone] = 0;
    words[WORD.fileLostLines] = 0;
    words[WORD.fileLostBytes] = 0;
    counts[COUNT.fileBytesBefore] = tally.get(TALLY.fileBytes);
    counts[COUNT.fileDroppedLinesBefore] = tally.get(TALLY.fileDroppedLines);
    counts[COUNT.fileDroppedBytesBefore] = tally.get(TALLY.fileDroppedBytes);
  }

  /** Of one that a former thread has begun. */
  goOn(tally: Tally): void {
    this.tally = tally;
    this.#settle();
  }

  get bytes(): number {
    return this.get(WORD.fileDone);
  }

  lose({ to, lines, bytes }: ports.Loss): void {
    const { words } = this.board;
    words[WORD.fileLostLinesNext] = this.get(WORD.fileLostLines) + lines;
    words[WORD.fileLostBytesNext] = this.get(WORD.fileLostBytes) + bytes;
    words[WORD.fileDoneNext] = to;
    words[WORD.fileLosing] = 1;
    this.#settle();
  }

  /** The block as a whole. Done again it changes nothing. */
  loseBlock(lines: number, bytes: number): void {
    const { words } = this.board;
    words[WORD.fileLostLinesNext] = lines;
    words[WORD.fileLostBytesNext] = bytes;
    words[WORD.fileDoneNext] = bytes;
    words[WORD.fileLosing] = 1;
    this.#settle();
  }

  /** What is in the files now. Done again it changes nothing. */
  count(): void {
    const bytes = BigInt(this.bytes - this.get(WORD.fileLostBytes));
    this.tally?.set(TALLY.fileBytes, this.before(COUNT.fileBytesBefore) + bytes);
  }

  #settle(): void {
    const { words } = this.board;
    if (words[WORD.fileLosing] !== 1) return;
    const lines = this.get(WORD.fileLostLinesNext);
    const bytes = this.get(WORD.fileLostBytesNext);
    words[WORD.fileLostLines] = lines;
    words[WORD.fileLostBytes] = bytes;
    words[WORD.fileDone] = this.get(WORD.fileDoneNext);
    this.tally?.set(TALLY.fileDroppedLines, this.before(COUNT.fileDroppedLinesBefore) + BigInt(lines));
    this.tally?.set(TALLY.fileDroppedBytes, this.before(COUNT.fileDroppedBytesBefore) + BigInt(bytes));
    words[WORD.fileLosing] = 0;
  }
}

/** Of the copies for all sinks, one behind the other. */
export class SpoolProgress extends BlockProgress implements ports.SpoolProgress {
  readonly word = WORD.spoolDone;
  readonly #sinks: readonly BigInt64Array[];

  /** `sinks`: SINK of each, in their order. */
  constructor(board: Memory, sinks: readonly SharedArrayBuffer[]) {
    super(board);
    this.#sinks = sinks.map((shared) => new BigInt64Array(shared));
  }

  reset(tally: Tally): void {
    this.tally = tally;
    const { words, counts } = this.board;
    words[WORD.spoolDone] = 0;
    words[WORD.spoolLostLines] = 0;
    counts[COUNT.spoolDroppedLinesBefore] = tally.get(TALLY.spoolDroppedLines);
  }

  goOn(tally: Tally): void {
    this.tally = tally;
    this.#settle();
  }

  get bytes(): number {
    return this.get(WORD.spoolDone);
  }

  lose({ to, lines, sink }: ports.SpoolLoss): void {
    const { words, counts } = this.board;
    words[WORD.spoolLostLinesNext] = this.get(WORD.spoolLostLines) + lines;
    counts[COUNT.sinkDroppedLinesNext] = (this.#sinks[sink]?.[SINK.droppedLines] ?? 0n) + BigInt(lines);
    words[WORD.spoolDoneNext] = to;
    words[WORD.spoolLosing] = 1 + sink;
    this.#settle();
  }

  /** The block as a whole. Done again it changes nothing. */
  loseBlock(lines: number): void {
    this.tally?.set(TALLY.spoolDroppedLines, this.before(COUNT.spoolDroppedLinesBefore) + BigInt(lines));
  }

  #settle(): void {
    const { words } = this.board;
    const losing = this.get(WORD.spoolLosing);
    if (losing === 0) return;
    const lines = this.get(WORD.spoolLostLinesNext);
    words[WORD.spoolLostLines] = lines;
    words[WORD.spoolDone] = this.get(WORD.spoolDoneNext);
    this.tally?.set(TALLY.spoolDroppedLines, this.before(COUNT.spoolDroppedLinesBefore) + BigInt(lines));
    const sink = this.#sinks[losing - 1];
    if (sink !== undefined) sink[SINK.droppedLines] = this.before(COUNT.sinkDroppedLinesNext);
    words[WORD.spoolLosing] = 0;
  }
}

/** Of the form of a block for standard output. */
export class StdoutProgress {
  readonly written: WordCounter;
  readonly #words: Int32Array;

  constructor(words: Int32Array) {
    this.#words = words;
    this.written = { words, word: WORD.stdoutDone };
  }

  get bytes(): number {
    return this.#words[WORD.stdoutDone] ?? 0;
  }

  /** Of what is after `bytes`. */
  get fate(): 'undecided' | 'dropped' {
    return this.#words[WORD.stdoutDropped] === 1 ? 'dropped' : 'undecided';
  }

  drop(): void {
    this.#words[WORD.stdoutDropped] = 1;
  }
}
