// Writes log lines to a descriptor without ever waiting for its reader. What cannot be written now is kept up to a bound
// and tried again; what is beyond it is counted, and a line says so when the reader is back (P11).
import { writeSync } from 'node:fs';
import { BackPressure, type PressureListener } from './back-pressure.ts';

/** Nothing is added to a queue that is longer; one chunk's lines may go beyond it. */
const QUEUE_BYTES = 1_048_576;
const FIRST_RETRY_MS = 1;
const LAST_RETRY_MS = 250;
/** Nobody ever wakes it: waiting on it is sleeping. */
const SLEEP = new Int32Array(new SharedArrayBuffer(4));

export type SinkOptions = {
  readonly fd: number;
  /** The line that tells how many were lost. `errno`: of the write that failed; undefined when the reader was too slow. */
  readonly lossNotice: (lines: number, errno: string | undefined) => Buffer;
  /** A write has failed, where the one before had not, or otherwise. */
  readonly onTrouble: (errno: string) => void;
  /** Asks whoever feeds this sink to pause. */
  readonly onPressure: PressureListener;
};

/** `notice`: not lines of anybody, but the news that so many were lost. */
type Pending = { bytes: Buffer; readonly lines: number; readonly kind: 'lines' | 'notice' };
type WriteOutcome = 'written' | 'full' | 'broken';

/** There may be room again, write(2). */
const FULL: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR', 'ENOSPC', 'EDQUOT']);
/** As a pipe is whose reader is slow: nothing has failed. */
const USUAL: ReadonlySet<string> = new Set(['EAGAIN', 'EINTR']);

export class OutputSink {
  readonly #options: SinkOptions;
  readonly #pressure: BackPressure;
  #queue: Pending[] = [];
  #queuedBytes = 0;
  #untold = 0;
  #dropped = 0;
  /** Why the last write has failed, and the last lines were lost. */
  #trouble: string | undefined;
  #lostBy: string | undefined;
  #retryMs = FIRST_RETRY_MS;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SinkOptions) {
    this.#options = options;
    this.#pressure = new BackPressure(options.onPressure);
  }

  /** Lines that were never written, since this sink was made. */
  get droppedLines(): number {
    return this.#dropped;
  }

  /** Takes the bytes over: they must not change afterwards. `lines`: how many they hold. */
  write(bytes: Buffer, lines: number): void {
    if (this.#queuedBytes > QUEUE_BYTES) {
      this.#drop({ lines, kind: 'lines' });
      return;
    }
    if (this.#queue.length === 0) this.#tellLoss();
    this.#enqueue({ bytes, lines, kind: 'lines' });
    // While a retry is due, writing would only find the descriptor full again.
    if (this.#timer === undefined) this.#flush();
    else this.#pressure.update(this.#queuedBytes, performance.now());
  }

  /** Tries until all is written or `untilMs` (performance.now()) has passed. */
  async drain(untilMs: number): Promise<void> {
    this.#flush();
    while (this.#queue.length > 0 && performance.now() < untilMs) {
      await new Promise((resolve) => setTimeout(resolve, 2));
      this.#flush();
    }
    this.#disarm();
  }

  /** As `drain`, but holding the thread: for one that is about to die and gets no other turn. */
  salvage(untilMs: number): void {
    this.#flush();
    while (this.#queue.length > 0 && performance.now() < untilMs) {
      Atomics.wait(SLEEP, 0, 0, 1);
      this.#flush();
    }
    this.#disarm();
  }

  #flush(): void {
    this.#disarm();
    for (let head = this.#queue[0]; head !== undefined; head = this.#queue[0]) {
      const outcome = this.#writeOne(head);
      if (outcome === 'full') {
        this.#retryLater();
        break;
      }
      this.#queue.shift();
      this.#queuedBytes -= head.bytes.length;
      if (outcome === 'broken') this.#drop(head);
      else if (this.#queue.length === 0) this.#tellLoss();
    }
    this.#pressure.update(this.#queuedBytes, performance.now());
  }

  #writeOne(head: Pending): WriteOutcome {
    try {
      while (head.bytes.length > 0) {
        const written = writeSync(this.#options.fd, head.bytes);
        this.#queuedBytes -= written;
        head.bytes = head.bytes.subarray(written);
        this.#retryMs = FIRST_RETRY_MS;
        this.#trouble = undefined;
      }
      return 'written';
    } catch (error) {
      const errno = errnoOf(error);
      if (!USUAL.has(errno)) this.#noteTrouble(errno);
      // EPIPE, EIO, EBADF: this line is lost, the next one may not be.
      return FULL.has(errno) ? 'full' : 'broken';
    }
  }

  #noteTrouble(errno: string): void {
    if (errno === this.#trouble) return;
    this.#trouble = errno;
    this.#options.onTrouble(errno);
  }

  #retryLater(): void {
    this.#timer = setTimeout(() => {
      this.#flush();
    }, this.#retryMs);
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #enqueue(pending: Pending): void {
    this.#queue.push(pending);
    this.#queuedBytes += pending.bytes.length;
  }

  #drop({ lines, kind }: Pick<Pending, 'lines' | 'kind'>): void {
    if (kind === 'lines') this.#dropped += lines;
    this.#untold += lines;
    this.#lostBy = this.#trouble;
  }

  #tellLoss(): void {
    if (this.#untold === 0) return;
    const lines = this.#untold;
    this.#untold = 0;
    this.#enqueue({ bytes: this.#options.lossNotice(lines, this.#lostBy), lines, kind: 'notice' });
  }
}

function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'EIO';
}
