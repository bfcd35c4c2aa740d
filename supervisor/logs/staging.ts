// What has been read and is not yet where it belongs, in memory of the engine's. Every step is one store, so that a thread that ends between
// two of them, wherever that is, is followed by one that knows what is left to do. Knows nothing of pipes and sinks.
import { COUNT, LOG_READ_BYTES, TALLY, WORD, type LogBoard } from '../core/log-board.ts';
import { FileProgress, SpoolProgress, StdoutProgress } from './block-progress.ts';
import type { Tally } from './tally.ts';

export type Outlook = 'more' | 'end' | 'timed-out';

/** As they stand in the board. */
const OUTLOOKS: readonly Outlook[] = ['more', 'end', 'timed-out'];
/** How a block ends in `staging`, as it stands in the board. */
const CUTS = ['line', 'continues', 'unfinished', 'record', 'unfinished-record'] as const;
export type StagedCut = { readonly end: number; readonly ends: (typeof CUTS)[number] };
/** A block at which so many threads have died is left out: those after it are waiting. */
const MOST_ATTEMPTS = 3;

/** The sinks in their order, as they stand in the board. */
const SINKS = ['stdout', 'file', 'spool', 'followers'] as const;
export type BlockAt = (typeof SINKS)[number];

type Read = (target: Buffer, at: number, bytes: number) => number;

/** What is counted of a read or a block, and what the counter was before it. */
const BEFORE = [
  [TALLY.stdoutDroppedLines, COUNT.stdoutDroppedLinesBefore],
  [TALLY.stdoutDroppedBytes, COUNT.stdoutDroppedBytesBefore],
  [TALLY.redacted, COUNT.redactedBefore],
] as const;
export type CountedOfBlock = (typeof BEFORE)[number][0];

export class Staging {
  readonly #board: LogBoard;
  readonly bytes: Buffer;
  readonly stdout: StdoutProgress;
  readonly file: FileProgress;
  readonly spool: SpoolProgress;

  /** `sinks`: SINK of each. */
  constructor(board: LogBoard, sinks: readonly SharedArrayBuffer[] = []) {
    this.#board = board;
    const { buffer, byteOffset, byteLength } = board.staging;
    this.bytes = Buffer.from(buffer, byteOffset, byteLength);
    this.stdout = new StdoutProgress(board.words);
    this.file = new FileProgress(board);
    this.spool = new SpoolProgress(board, sinks);
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
  fill(owner: number, carried: number, tally: Tally, read: Read): number {
    const { words, counts } = this.#board;
    words[WORD.stagedBytes] = carried;
    words[WORD.carriedBytes] = carried;
    counts[COUNT.readBytesBefore] = tally.get(TALLY.readBytes);
    words[WORD.doneBytes] = 0;
    words[WORD.blockOf] = 0;
    words[WORD.outlook] = 0;
    counts[COUNT.readAtMs] = BigInt(Date.now());
    words[WORD.lastOwner] = owner;
    words[WORD.owner] = owner;
    const length = (words[WORD.stagedBytes] = carried + read(this.bytes, carried, LOG_READ_BYTES));
    return length - carried;
  }

  /** What was read now. Done again it changes nothing. */
  countRead(tally: Tally): void {
    const { words, counts } = this.#board;
    const bytes = (words[WORD.stagedBytes] ?? 0) - (words[WORD.carriedBytes] ?? 0);
    tally.set(TALLY.readBytes, (counts[COUNT.readBytesBefore] ?? 0n) + BigInt(bytes));
  }

  /** So much of the block at hand. Done again it changes nothing. */
  countOfBlock(tally: Tally, counter: CountedOfBlock, count: number): void {
    for (const [each, before] of BEFORE)
      if (each === counter) tally.set(counter, (this.#board.counts[before] ?? 0n) + BigInt(count));
  }

  /** After what is here. */
  expect(outlook: Outlook): void {
    this.#board.words[WORD.outlook] = OUTLOOKS.indexOf(outlook);
  }

  /** Some sinks may have some of the next block. */
  get isBegun(): boolean {
    return this.#board.words[WORD.blockOf] === this.doneBytes + 1;
  }

  /** Of the block that is begun. */
  get cut(): StagedCut {
    const { words } = this.#board;
    return { end: words[WORD.blockEnd] ?? 0, ends: CUTS[words[WORD.blockEnds] ?? 0] ?? 'line' };
  }

  /** A block is given to the sinks from here on; one that a former thread has begun is gone on with, unless too many have died of it. */
  beginBlock(tally: Tally, cut: StagedCut): 'begun' | 'hopeless' {
    const { words, counts } = this.#board;
    const block = this.doneBytes + 1;
    if (this.isBegun) {
      this.file.goOn(tally);
      this.spool.goOn(tally);
      const attempts = (words[WORD.attempts] = (words[WORD.attempts] ?? 0) + 1);
      return attempts < MOST_ATTEMPTS ? 'begun' : 'hopeless';
    }
    words[WORD.blockEnd] = cut.end;
    words[WORD.blockEnds] = CUTS.indexOf(cut.ends);
    words[WORD.attempts] = 0;
    words[WORD.stdoutDone] = 0;
    words[WORD.stdoutDropped] = 0;
    words[WORD.blockAt] = 0;
    this.file.reset(tally);
    this.spool.reset(tally);
    words[WORD.queueMark] = words[WORD.queueTail] ?? 0;
    counts[COUNT.droppedLinesBefore] = counts[COUNT.droppedLines] ?? 0n;
    for (const [counter, before] of BEFORE) counts[before] = tally.get(counter);
    words[WORD.blockOf] = block;
    return 'begun';
  }

  /** Which sink it is given to: those before have it. */
  get at(): BlockAt {
    return SINKS[this.#board.words[WORD.blockAt] ?? 0] ?? 'stdout';
  }

  /** Never back: of a block that is done again some have all. */
  moveOn(at: BlockAt): void {
    const { words } = this.#board;
    const sink = SINKS.indexOf(at);
    if (sink > (words[WORD.blockAt] ?? 0)) words[WORD.blockAt] = sink;
  }

  /** Every sink has it. */
  endBlock(end: number): void {
    this.#board.words[WORD.doneBytes] = end;
  }

  release(): void {
    this.#board.words[WORD.owner] = 0;
  }
}
