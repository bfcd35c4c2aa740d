// The memory that the logs' thread works in and the engine owns: what has been read from a pipe and is not yet where it belongs, what waits
// for standard output, and the counters. A thread that dies leaves all of it to the next one, which goes on at the same byte. Layout only.

/** What one read may bring. Longer lines than MAX_LINE_BYTES are split, so that a carried line and a read fit in. */
export const LOG_READ_BYTES = 1_048_576;
const STAGING_BYTES = LOG_READ_BYTES + 2 * 65_536;
/** What waits for the reader of standard output. */
export const LOG_QUEUE_BYTES = 2_097_152;

/** Indices into `words`, which are 32-bit. */
export const WORD = {
  /** 1: the thread has to end. */
  quit: 0,
  /** The run and stream whose bytes are in `staging`: twice the run, 1 more for stderr; 0 when there are none. */
  owner: 1,
  /** How much of `staging` is filled, and how much of that is where it belongs. */
  stagedBytes: 2,
  doneBytes: 3,
  /** 1: no more will come after the bytes in `staging`. */
  atEnd: 4,
  /** Of the block at `doneBytes`: what each sink has taken of its own form of it. */
  stdoutDone: 5,
  fileDone: 6,
  spoolDone: 7,
  /** Where the block at `doneBytes` would begin in `queue`, and the queue's own marks; all of them wrap at 2^32. */
  queueMark: 8,
  queueHead: 9,
  queueTail: 10,
} as const;

const WORDS_BYTES = 64;
/** 64-bit: the moment of the read in `staging` (milliseconds), lines dropped, and those of them that a notice has told. */
export const COUNT = { readAtMs: 0, droppedLines: 1, toldLines: 2 } as const;
const COUNTS_BYTES = 64;

export type LogBoard = {
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly counts: BigInt64Array;
  readonly staging: Uint8Array;
  readonly queue: Uint8Array;
};

export function createLogBoard(): LogBoard {
  const size = WORDS_BYTES + COUNTS_BYTES + STAGING_BYTES + LOG_QUEUE_BYTES;
  return openLogBoard(new SharedArrayBuffer(size));
}

/** The same memory, seen from another thread. */
export function openLogBoard(shared: SharedArrayBuffer): LogBoard {
  const staging = WORDS_BYTES + COUNTS_BYTES;
  return {
    shared,
    words: new Int32Array(shared, 0, WORDS_BYTES / 4),
    counts: new BigInt64Array(shared, WORDS_BYTES, COUNTS_BYTES / 8),
    staging: new Uint8Array(shared, staging, STAGING_BYTES),
    queue: new Uint8Array(shared, staging + STAGING_BYTES, LOG_QUEUE_BYTES),
  };
}

/** 64-bit counters of one service, which outlive the thread too. */
export const TALLY = {
  readBytes: 0,
  stdoutDroppedLines: 1,
  stdoutDroppedBytes: 2,
  fileBytes: 3,
  fileDroppedLines: 4,
  fileDroppedBytes: 5,
  spoolDroppedLines: 6,
  redacted: 7,
} as const;
export const TALLY_BYTES = 8 * 8;
