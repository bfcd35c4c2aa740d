// The output streams of one job, from the lent ends to whoever takes the bytes. When the job has ended, what is in its pipes is read
// and no more is waited for: a process that has left its group may hold them open for ever. What that one writes is read still, and
// dropped, so that it never gets EPIPE.
import type { JobStream, LentJobEnd } from '../../core/plane-message.ts';
import { PipeReader } from '../logs/pipe-reader.ts';
import { TerminalEnd } from './terminal-end.ts';

/** How long an end may be missing, or a terminal be silent, after the job's end. */
const GRACE_MS = 1000;
/** A pipe holds a mebibyte at most; who fills it faster than it is read is none of the job's. */
const DRAIN_MS = 200;

export type StreamListeners = {
  /** The bytes are valid during the call only. */
  readonly onChunk: (stream: JobStream, bytes: Buffer) => void;
  /** It has come to its end: nobody holds the other side any more. */
  readonly onDone: (stream: JobStream, error: string) => void;
  /** Once: the job has ended, and nothing more of it comes. */
  readonly onDrained: () => void;
  /** The terminal has taken what was typed. */
  readonly onTyped?: () => void;
};

export class JobStreams {
  readonly #listeners: StreamListeners;
  /** Those that have not come to their ends; some may not have been lent yet. */
  readonly #awaited: Set<JobStream>;
  readonly #pipes = new Map<JobStream, PipeReader>();
  #terminal: TerminalEnd | undefined;
  #job: 'lives' | 'ended' | 'drained' = 'lives';
  #flow: 'reading' | 'paused' = 'reading';
  #grace: NodeJS.Timeout | undefined;

  constructor(awaited: readonly JobStream[], listeners: StreamListeners) {
    this.#awaited = new Set(awaited);
    this.#listeners = listeners;
  }

  get terminal(): TerminalEnd | undefined {
    return this.#terminal;
  }

  get isOver(): boolean {
    return this.#job === 'drained' && this.#awaited.size === 0;
  }

  add({ stream, fd }: LentJobEnd): void {
    const listeners = {
      onChunk: (bytes: Buffer) => {
        this.#onChunk(stream, bytes);
      },
      onEnd: (error: string) => {
        this.#onEnd(stream, error);
      },
      onDrain: () => {
        this.#listeners.onTyped?.();
      },
    };
    try {
      if (stream === 'terminal') this.#terminal = new TerminalEnd(fd, listeners);
      else this.#pipes.set(stream, new PipeReader(fd, listeners));
      if (this.#flow === 'paused') this.pause();
      if (this.#job === 'ended') this.#drain();
    } catch (error) {
      this.#onEnd(stream, error instanceof Error ? error.message : 'unknown error');
    }
  }

  pause(): void {
    this.#flow = 'paused';
    for (const pipe of this.#pipes.values()) pipe.pause();
    this.#terminal?.pause();
  }

  resume(): void {
    this.#flow = 'reading';
    for (const pipe of this.#pipes.values()) pipe.resume();
    this.#terminal?.resume();
    if (this.#job === 'ended') this.#drain();
  }

  /** The job's whole process group is gone. */
  jobEnded(): void {
    if (this.#job !== 'lives') return;
    this.#job = 'ended';
    this.#drain();
  }

  /** What is in the pipes now. */
  readNow(untilMs: number): void {
    for (const pipe of this.#pipes.values())
      pipe.readWhile(() => this.#flow === 'reading' && performance.now() < untilMs);
  }

  close(): void {
    clearTimeout(this.#grace);
    for (const pipe of this.#pipes.values()) pipe.close();
    this.#terminal?.close();
  }

  #drain(): void {
    this.readNow(performance.now() + DRAIN_MS);
    // What was read waits to be taken; resume() comes back to this.
    if (this.#flow === 'paused') return;
    // A pipe that has been lent was just read until there was no more.
    if ([...this.#awaited].every((stream) => this.#pipes.has(stream))) {
      this.#finish();
      return;
    }
    clearTimeout(this.#grace);
    this.#grace = setTimeout(() => {
      if (this.#flow === 'reading') this.#finish();
    }, GRACE_MS);
  }

  #onChunk(stream: JobStream, bytes: Buffer): void {
    // A terminal that still speaks is listened to.
    this.#grace?.refresh();
    if (this.#job !== 'drained') this.#listeners.onChunk(stream, bytes);
  }

  #onEnd(stream: JobStream, error: string): void {
    this.#pipes.delete(stream);
    this.#awaited.delete(stream);
    if (this.#job === 'ended' && this.#awaited.size === 0) this.#finish();
    this.#listeners.onDone(stream, error);
  }

  #finish(): void {
    if (this.#job === 'drained') return;
    this.#job = 'drained';
    clearTimeout(this.#grace);
    this.#grace = undefined;
    this.#listeners.onDrained();
  }
}
