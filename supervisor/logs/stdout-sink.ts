// Writes lines to standard output without ever waiting for its reader. What cannot be written now is queued up to a bound; what is beyond it
// is counted, and a line says so when the reader is back (P11). A thread that dies here is followed by one that writes nothing twice.
import { writevSync } from 'node:fs';
import type { LogBoard } from '../core/log-board.ts';
import type { BackPressure } from './back-pressure.ts';
import { countLines } from './block-splitter.ts';
import { monotonicMs } from './monotonic-clock.ts';
import type { Poll } from './ports.ts';
import type { StdoutProgress } from './block-progress.ts';
import { StdoutQueue, type WordCounter } from './stdout-queue.ts';

/** Where it cannot be waited for (a full disk), and where it fails for another reason. */
const RETRY_MS = 100;

/** There may be room again, write(2). */
const FULL: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR', 'ENOSPC', 'EDQUOT']);
/** As a pipe is whose reader is slow: nothing has failed. */
const USUAL: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR']);

export type StdoutSinkOptions = {
  readonly fd: number;
  readonly board: LogBoard;
  readonly poll: Poll;
  readonly pressure: BackPressure;
  /** The line that tells how many were lost. `errno`: of the write that failed; undefined when the reader was too slow. */
  readonly lossNotice: (lines: number, errno: string | undefined) => Uint8Array;
  /** A write has failed, where the one before had not, or otherwise. */
  readonly onTrouble: (errno: string) => void;
};

/** Of one block. */
export type Dropped = { readonly lines: number; readonly bytes: number };

const NOTHING: Dropped = { lines: 0, bytes: 0 };

export class StdoutSink {
  readonly #options: StdoutSinkOptions;
  readonly #queue: StdoutQueue;
  /** Why the last write has failed, and the last lines were lost. */
  #trouble: string | undefined;
  #lostBy: string | undefined;
  #retryAtMs = Infinity;

  constructor(options: StdoutSinkOptions) {
    this.#options = options;
    this.#queue = new StdoutQueue(options.board);
  }

  /** The moment (monotonicMs()) at which `flush` wants to be called; Infinity: when the descriptor is writable, or never. */
  get retryAtMs(): number {
    return Math.min(this.#retryAtMs, this.#options.pressure.dueAtMs);
  }

  get isEmpty(): boolean {
    return this.#queue.bytes === 0;
  }

  /** Whether nothing of Bosun's own may be written now. */
  get isReserved(): boolean {
    return this.#queue.isReserved;
  }

  /** Whole lines of the block at hand, as standard output shows it: what no thread has written or queued yet. What was dropped of them. */
  writeBlock(output: Uint8Array, progress: StdoutProgress): Dropped {
    if (progress.fate === 'dropped') return this.#dropBlock(output, progress);
    if (this.#queue.hasBlock || progress.bytes >= output.length) return NOTHING;
    const kind = this.isEmpty
      ? this.#writeSome(progress.bytes === 0 ? output : output.subarray(progress.bytes), progress.written)
      : 'full';
    if (kind === 'written') {
      if (this.#queue.untoldLines > 0) this.#retryAtMs = monotonicMs();
      return NOTHING;
    }
    const left = output.subarray(progress.bytes);
    if (left.length > this.#queue.roomForBlock) return this.#dropBlock(output, progress);
    this.#enqueue(left);
    // EPIPE, EIO, EBADF: these lines are lost, the next may not be.
    if (kind === 'broken') this.#clear();
    return NOTHING;
  }

  /** The same of a block whose form nobody can make. */
  leaveOut(block: Dropped, progress: StdoutProgress): Dropped {
    if (this.#queue.hasBlock) return NOTHING;
    progress.drop();
    this.#queue.countDroppedOfBlock(block.lines);
    return block;
  }

  /** A line of Bosun's own. */
  writeOwn(line: Uint8Array): void {
    if (line.length > this.#queue.room) {
      this.#queue.countDropped(countLines(line));
      this.#lostBy = this.#trouble;
      return;
    }
    const waits = !this.isEmpty;
    this.#queue.put(line);
    if (waits) this.#report();
    else this.flush();
  }

  /** Writes what waits, as far as it goes. */
  flush(): void {
    this.#options.poll.forget(this.#options.fd);
    this.#retryAtMs = Infinity;
    while (!this.isEmpty || this.#tellLoss() === 'told') {
      const kind = this.#writeSome(this.#queue.head, this.#queue.taken);
      if (kind === 'broken') this.#clear();
      if (kind === 'full') this.#waitForRoom();
      if (kind !== 'written') break;
    }
    this.#report();
  }

  #enqueue(bytes: Uint8Array): void {
    const waits = !this.isEmpty;
    this.#queue.put(bytes);
    if (!waits) this.#waitForRoom();
    this.#report();
  }

  /** How much, the counter says. */
  #writeSome(output: Uint8Array, { words, word }: WordCounter): 'written' | 'full' | 'broken' {
    const before = words[word] ?? 0;
    let bytes = 0;
    try {
      while (bytes < output.length) {
        const rest = [bytes === 0 ? output : output.subarray(bytes)];
        // Nothing is called between the return of write(2) and the store: see Staging.fill. writeSync() of Node's calls something.
        const now = (words[word] = before + bytes + writevSync(this.#options.fd, rest));
        bytes = (now - before) | 0;
        this.#trouble = undefined;
      }
      return 'written';
    } catch (error) {
      const errno = errnoOf(error);
      if (!USUAL.has(errno)) this.#noteTrouble(errno);
      return FULL.has(errno) ? 'full' : 'broken';
    }
  }

  #waitForRoom(): void {
    const { poll, fd } = this.#options;
    // A file on a full disk cannot be waited for, and is always writable if it can.
    const waits = this.#trouble === undefined && poll.watch(fd, 'writable') === 'watched';
    if (!waits) this.#retryAtMs = monotonicMs() + RETRY_MS;
  }

  #noteTrouble(errno: string): void {
    if (errno === this.#trouble) return;
    this.#trouble = errno;
    this.#options.onTrouble(errno);
  }

  /** First it is settled that it is dropped: with more room the next thread might write what this one has counted. */
  #dropBlock(output: Uint8Array, progress: StdoutProgress): Dropped {
    progress.drop();
    const left = output.subarray(progress.bytes);
    const lines = countLines(left);
    this.#queue.countDroppedOfBlock(lines);
    this.#lostBy = this.#trouble;
    return { lines, bytes: left.length };
  }

  #clear(): void {
    this.#options.poll.forget(this.#options.fd);
    this.#retryAtMs = Infinity;
    this.#lostBy = this.#trouble;
    this.#queue.clear();
    this.#report();
  }

  /** Nothing waits. While writes fail, more may be lost until it can be told. */
  #tellLoss(): 'told' | 'nothing' {
    const lines = this.#queue.untoldLines;
    if (lines === 0 || this.#trouble !== undefined || this.#queue.isReserved) return 'nothing';
    this.#queue.putNotice(this.#options.lossNotice(lines, this.#lostBy), lines);
    return 'told';
  }

  #report(): void {
    this.#options.pressure.update(this.#queue.bytes, monotonicMs());
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
}
