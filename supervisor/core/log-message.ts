// What the engine, the control plane and the logs' thread say to each other. Types only; all of it survives structured cloning. Nobody waits
// for an answer of the logs' thread with a thread of its own held up.
import type { RunId, ServiceName } from './names.ts';
import type { LentPipe, OutputStream, WatchedLine } from './plane-message.ts';
import type { LogFormat, LogSinkSpec, LogSpec } from './log-spec.ts';

/** One service as the logs' thread knows it. */
export type LogSource = {
  readonly service: ServiceName;
  readonly logs: LogSpec;
  /** Values that are masked, longest first. */
  readonly secrets: readonly string[];
  /** TALLY_BYTES of counters, the engine's. */
  readonly tally: SharedArrayBuffer;
};

export type LogSettings = {
  /** Of Bosun's own lines. */
  readonly format: LogFormat;
  readonly enginePid: number;
  /** Where lines wait for `sinks`: a directory that only Bosun writes to. */
  readonly spoolDir: string;
  readonly sinks: readonly LogSinkSpec[];
};

export type ToLogs =
  | {
      readonly type: 'begin';
      readonly settings: LogSettings;
      readonly board: SharedArrayBuffer;
      /** SINK_BYTES of counters for each of the sinks in `settings`, in their order; the engine's. */
      readonly sinks: readonly SharedArrayBuffer[];
      /** An eventfd(2) that is written to after each message: the thread waits in epoll_wait(2), not in libuv. It is lent. */
      readonly bell: number;
    }
  /** These and no others from now on; before the first pipe of one that is new. */
  | { readonly type: 'sources'; readonly sources: readonly LogSource[] }
  | { readonly type: 'lend'; readonly pipe: LentPipe }
  /** The control plane's end of a channel; the one before it is dead. */
  | { readonly type: 'reader'; readonly port: MessagePort }
  /**
   * The last message: take what is in the pipes, write out what can be written until `limitMs` have passed, answer `flushed`. `unfinished`: lines
   * without a newline are written, or kept for a Bosun that goes on with them.
   */
  | { readonly type: 'finish'; readonly limitMs: number; readonly unfinished: 'write' | 'keep' }
  /** Fault injection: throw. */
  | { readonly type: 'break' };

export type FromLogs =
  | {
      readonly type: 'line-matched';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly purpose: WatchedLine['purpose'];
    }
  /** The pipe has been read to its end; the engine may close its own copy. */
  | {
      readonly type: 'drained';
      readonly service: ServiceName;
      readonly run: RunId;
      readonly stream: OutputStream;
    }
  /** Standard output cannot be written: its lines wait, or are lost and counted. */
  | { readonly type: 'output-failed'; readonly errno: string }
  /** A file of a service, or the queue of a sink, cannot be written; and it can again, after so many lines were lost. */
  | { readonly type: 'store-failed'; readonly store: LogStore; readonly errno: string; readonly text: string }
  | { readonly type: 'store-recovered'; readonly store: LogStore; readonly droppedLines: number }
  | { readonly type: 'unusable'; readonly service: ServiceName; readonly text: string }
  | { readonly type: 'flushed' };

/** `file`: the files of the service of this name. `sink`: the queue of the sink of this name. */
export type LogStore = { readonly kind: 'file' | 'sink'; readonly name: string };

/** Whole lines of one stream, each with its newline, that were read at one moment. */
export type LogBlock = {
  readonly service: string;
  /** Of the leader when the run began. */
  readonly pid: number;
  readonly stream: OutputStream;
  readonly timeMs: number;
  readonly bytes: Uint8Array;
  /**
   * `continues`: one piece of a line that was too long, without a newline; the next block of the stream goes on with it. `record`: all of its
   * lines are one record, as a stack trace is.
   */
  readonly ends: 'line' | 'continues' | 'record';
};

/** So many bytes of a service have been held in memory, since it was made: `bornMs` tells it from that of another thread. */
export type RingMoment = { readonly bornMs: number; readonly byte: number };

/** `at`: before its first byte. */
export type HeldBlock = LogBlock & { readonly at: RingMoment };

/** From the control plane, over its channel; with the bell rung after each. Bosun's own lines go another way: `own` of the board. */
export type LogRequest =
  /** The newest lines that are held in memory: `newest` answers, and when `follow` is set `lines` from exactly there on. */
  | {
      readonly type: 'read';
      readonly id: number;
      readonly services: readonly string[];
      readonly lines: number;
      readonly follow: 'follow' | 'once';
    }
  | { readonly type: 'unfollow'; readonly id: number }
  /** `grown` answers, once, as soon as the service has written more than up to `seen`; with undefined, or the moment of another memory, at once. */
  | { readonly type: 'watch'; readonly service: string; readonly seen: RingMoment | undefined }
  /** A reader of `lines` has taken so many bytes in all: beyond a bound of bytes on their way its lines are dropped and counted. */
  | { readonly type: 'taken'; readonly id: number; readonly bytes: number };

export type LogReply =
  | { readonly type: 'newest'; readonly id: number; readonly blocks: readonly HeldBlock[] }
  | { readonly type: 'lines'; readonly id: number; readonly block: HeldBlock }
  | { readonly type: 'missed'; readonly id: number; readonly lines: number }
  /** What it has written up to `at` is in its files, if it has any that can be written. */
  | { readonly type: 'grown'; readonly service: string; readonly at: RingMoment }
  /** A file was rotated: it may be compressed. */
  | { readonly type: 'rotated'; readonly service: string; readonly path: string };
