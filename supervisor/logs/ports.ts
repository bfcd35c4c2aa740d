// What the parts of the logs' thread need of each other and of the outside, as types only.
import type { FromLogs, LogBlock, LogStore } from '../core/log-message.ts';

/**
 * A block as one sink shows it: whole lines, each with its newline. What is given out is valid until the next call, and not written to by
 * whoever gets it. The same block gives the same bytes, also in another thread: after a crash the rest of them is written.
 */
export type FormatBlock = (block: LogBlock) => Uint8Array;

/** How far one output has come, in memory that outlives the thread. */
export type Progress = {
  /** Bytes of this very output that are where they belong already, by this thread or by the one before it. */
  readonly bytes: number;
  /** `words[word]` is `bytes`: what write(2) has taken is stored there by the statement that calls it, with no other call between the two. */
  readonly words: Int32Array;
  readonly word: number;
};

/** What of an output can never be where it belongs. `to`: how far the output is then; `bytes` may have been there already. */
export type Loss = { readonly to: number; readonly lines: number; readonly bytes: number };
/** `sink`: its place among those that are configured. */
export type SpoolLoss = { readonly to: number; readonly lines: number; readonly sink: number };

/** Counted in one step with the progress, whenever the thread dies. */
export type FileProgress = Progress & { lose(loss: Loss): void };
export type SpoolProgress = Progress & { lose(loss: SpoolLoss): void };

/** Files that blocks are written to. Never throws and never waits; what cannot be written is counted. */
export type BlockStore<At extends Progress = FileProgress> = {
  /** Writes what is after `progress.bytes`. `output`: whole lines. Afterwards all of it is where it belongs, or lost. */
  write(output: Uint8Array, progress: At): void;
  /** The moment (Date.now()) at which `tick` wants to be called; Infinity for never. */
  readonly dueAtMs: number;
  tick(nowMs: number): void;
  close(): void;
};

export type StoreObserver = {
  /** A write, an open or a rename has failed where the one before had not, or otherwise. */
  failed(store: LogStore, errno: string, text: string): void;
  /** It can be written again. `droppedLines`: those lost meanwhile. */
  recovered(store: LogStore, droppedLines: number): void;
  rotated(path: string): void;
};

/** Masks in whole lines what must not be seen. Gives the very same bytes when there was nothing. */
export type Redact = (bytes: Uint8Array) => { readonly bytes: Uint8Array; readonly masked: number };

/** epoll(7), level-triggered. */
export type Poll = {
  /** `refused`: it cannot be waited for, as a file cannot: it is always ready. */
  watch(fd: number, interest: 'readable' | 'writable'): 'watched' | 'refused';
  /** Before the descriptor is closed. */
  forget(fd: number): void;
  /** The descriptors that are ready; `timeoutMs` of Infinity waits for as long as it takes. */
  wait(timeoutMs: number): readonly number[];
};

export type LogPorts = {
  readonly poll: Poll;
  /** The reading end of a pipe; the service's end has a description of its own. */
  readonly makeNonBlocking: (fd: number) => void;
  /** F_SETPIPE_SZ, fcntl(2). Whether it could be had. */
  readonly growPipe: (fd: number, bytes: number) => 'grown' | 'refused';
  readonly post: (message: FromLogs) => void;
  /** Receives without waiting. */
  readonly receive: (port: MessagePort) => unknown;
};
