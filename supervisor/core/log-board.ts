// The memory that the logs' thread works in and the engine owns: what has been read from a pipe and is not yet where it belongs, what waits
// for standard output, and the counters. A thread that dies leaves all of it to the next one, which goes on at the same byte. Layout only.

import type { RunId } from './names.ts';
import type { OutputStream } from './plane-message.ts';

/** What one read may bring. Longer lines than MAX_LINE_BYTES are split, so that a carried line and a read fit in. */
export const LOG_READ_BYTES = 1_048_576;
const STAGING_BYTES = LOG_READ_BYTES + 2 * 65_536;
/** What waits for the reader of standard output. */
const LOG_QUEUE_BYTES = 2_097_152;
/** Lines of Bosun's own on their way from the control plane. A power of two, as that of the queue: their counters wrap at 2^32. */
const OWN_LINES_BYTES = 524_288;

/** Indices into `words`, which are 32-bit. */
export const WORD = {
  /** 1: the thread has to end. */
  quit: 0,
  /** `ownerOf` the run and stream whose bytes are in `staging`; 0 when there are none. */
  owner: 1,
  /** How much of `staging` is filled, and how much of that is where it belongs. */
  stagedBytes: 2,
  doneBytes: 3,
  /** What comes after the bytes in `staging`: 0 perhaps more, 1 nothing, 2 nothing for so long that the lines there are a whole record. */
  outlook: 4,
  /** The block that the next words are of: where it begins in `staging`, plus 1. */
  blockOf: 5,
  /** What each sink has taken of its own form of that block. */
  stdoutDone: 6,
  fileDone: 7,
  spoolDone: 8,
  /** The queue's tail before that block. */
  queueMark: 9,
  /** Of `queue`: how many bytes have been taken out and put in; both wrap at 2^32. */
  queueHead: 10,
  queueTail: 11,
  /** How many threads have begun the block and died. */
  attempts: 12,
  /** 1: what stdoutDone has not of the block is dropped. Counted is it after that, perhaps again, from the counts before the block. */
  stdoutDropped: 13,
  /** The queue's tail when a notice of losses was to be put there: when it is elsewhere now, the notice is in. */
  noticeMark: 14,
  /** 1: what is in the queue is being thrown away, and `droppedNext` is how many lines are dropped then. */
  clearing: 15,
  /** How much of `staging` was carried, and not read now. */
  carriedBytes: 16,
  /** Whether services are held up for the reader of standard output: 0 they are not, 1 since `heldSinceMs`, 2 not any more, lines are dropped. */
  pressure: 17,
  /** Of `own`: how many bytes the logs' thread has taken out and the control plane has put in. */
  ownHead: 18,
  ownTail: 19,
  /** `ownHead` after the line at hand; the same as it when there is none. */
  ownNext: 20,
  /** The queue's tail before that line. */
  ownMark: 21,
  /** Of the block at hand, lost for the files; each also as it is to be after the loss at hand, with `fileDone`. 1: that is settled. */
  fileLostLines: 22,
  fileLostBytes: 23,
  fileLostLinesNext: 24,
  fileLostBytesNext: 25,
  fileDoneNext: 26,
  fileLosing: 27,
  /** The same for the queues of sinks; `spoolLosing`: 1 plus the place of the sink. */
  spoolLostLines: 28,
  spoolLostLinesNext: 29,
  spoolDoneNext: 30,
  spoolLosing: 31,
  /** How many threads have died at the line of `ownNext`. */
  ownAttempts: 32,
  /** Which sink the block at hand is given to: those before have it. */
  blockAt: 33,
  /** `owner` of the newest read, also when it is over. */
  lastOwner: 34,
  /** Where the block at hand ends in `staging`, and how: the next thread must not cut it elsewhere. */
  blockEnd: 35,
  blockEnds: 36,
} as const;

const WORDS_BYTES = 256;
/** 64-bit. What a thread that dies may have counted or not is set by the next one, from what it was before. */
export const COUNT = {
  /** The moment of the read in `staging`. */
  readAtMs: 0,
  /** Lines dropped in all, and those of them that a notice has told; each also as it will be after the step at hand. */
  droppedLines: 1,
  toldLines: 2,
  toldNext: 3,
  droppedNext: 4,
  /** Before the block at hand. */
  droppedLinesBefore: 5,
  /** Of the service (TALLY): before the read at hand, and before the block at hand. */
  readBytesBefore: 6,
  stdoutDroppedLinesBefore: 7,
  stdoutDroppedBytesBefore: 8,
  redactedBefore: 9,
  /** By CLOCK_MONOTONIC, which all threads and the next process image share. */
  heldSinceMs: 10,
  /** Before the line of Bosun's own at hand. */
  droppedLinesBeforeOwn: 11,
  /** Lines of its own for which there was no room in `own`. Counted by the control plane alone, beside `droppedLines`. */
  ownDroppedLines: 12,
  fileBytesBefore: 13,
  fileDroppedLinesBefore: 14,
  fileDroppedBytesBefore: 15,
  spoolDroppedLinesBefore: 16,
  /** Of the sink of `spoolLosing`, after the loss at hand. */
  sinkDroppedLinesNext: 17,
} as const;
const COUNTS_BYTES = 256;

export type LogBoard = {
  readonly shared: SharedArrayBuffer;
  readonly words: Int32Array;
  readonly counts: BigInt64Array;
  readonly staging: Uint8Array;
  readonly queue: Uint8Array;
  /** Lines, each behind its length in 32 bits, little-endian. */
  readonly own: Uint8Array;
};

export function createLogBoard(): LogBoard {
  const size = WORDS_BYTES + COUNTS_BYTES + STAGING_BYTES + LOG_QUEUE_BYTES + OWN_LINES_BYTES;
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
    own: new Uint8Array(shared, staging + STAGING_BYTES + LOG_QUEUE_BYTES, OWN_LINES_BYTES),
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
  /** What is wrong with its files (StoreTrouble): the number of the error, 0 where nothing is; and the lost lines that have been told. */
  writingErrno: 8,
  rotatingErrno: 9,
  removingErrno: 10,
  owningErrno: 11,
  fileToldLines: 12,
} as const;
export const TALLY_BYTES = 16 * 8;

/** 64-bit, of the queue of one sink: what is wrong with it, as above, and the lines lost for it in all and told. */
export const SINK = { errno: 0, droppedLines: 1, toldLines: 2 } as const;
export const SINK_BYTES = 4 * 8;

/** Of a run's stream; never 0. Runs are numbered from 1 on; beyond 2^30 they begin anew, long after the first has gone. */
export function ownerOf(run: RunId, stream: OutputStream): number {
  return ((run % 2 ** 30) * 2 + (stream === 'stderr' ? 1 : 0)) | 0;
}
