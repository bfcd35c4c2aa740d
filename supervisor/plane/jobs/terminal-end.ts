// Bosun's end of a job's pseudo-terminal: the master, which is read and written. Owns the descriptor. See pty(7).
import { writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';

/** While the job does not read what was typed, it is offered again. */
const RETRY_MS = 20;
/** Of input that the job has not taken. */
const MOST_WAITING_BYTES = 65_536;
/** What the line discipline takes for the end of the input, termios(3): VEOF. */
const END_OF_INPUT = Buffer.from([4]);

export type TerminalListeners = {
  /** The bytes are valid during the call only. */
  readonly onChunk: (bytes: Buffer) => void;
  /** Once, after the last chunk. */
  readonly onEnd: (error: string) => void;
  /** The job has taken what was typed. */
  readonly onDrain: () => void;
};

export class TerminalEnd {
  readonly #fd: number;
  readonly #stream: ReadStream;
  readonly #listeners: TerminalListeners;
  #waiting: Buffer = Buffer.alloc(0);
  #retry: NodeJS.Timeout | undefined;
  #error = '';

  /** Throws when the descriptor is not one of a terminal. */
  constructor(fd: number, listeners: TerminalListeners) {
    this.#fd = fd;
    this.#listeners = listeners;
    this.#stream = new ReadStream(fd);
    this.#stream.on('data', (bytes: Buffer) => {
      listeners.onChunk(bytes);
    });
    this.#stream.on('error', (error: NodeJS.ErrnoException) => {
      // Nobody has the other side open any more: on Linux that is how a terminal ends.
      if (error.code !== 'EIO') this.#error = error.message;
    });
    this.#stream.on('close', () => {
      clearTimeout(this.#retry);
      listeners.onEnd(this.#error);
    });
  }

  pause(): void {
    this.#stream.pause();
  }

  resume(): void {
    this.#stream.resume();
  }

  close(): void {
    this.#stream.destroy();
  }

  /** `false`: wait for `onDrain` before the next. */
  write(bytes: Uint8Array): boolean {
    if (this.#stream.destroyed) return true;
    this.#waiting = Buffer.concat([this.#waiting, bytes]);
    this.#offer();
    return this.#waiting.length < MOST_WAITING_BYTES;
  }

  /** The descriptor, while it is open. */
  resize(resize: (fd: number) => void): void {
    if (!this.#stream.destroyed) resize(this.#fd);
  }

  end(): void {
    this.write(END_OF_INPUT);
  }

  /** The descriptor is non-blocking: a job that does not read holds up nobody. */
  #offer(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    if (this.#stream.destroyed || this.#waiting.length === 0) return;
    const wasFull = this.#waiting.length >= MOST_WAITING_BYTES;
    try {
      this.#waiting = this.#waiting.subarray(writeSync(this.#fd, this.#waiting));
    } catch (error) {
      // Any other error comes to the reading side too.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') this.#waiting = Buffer.alloc(0);
    }
    if (this.#waiting.length > 0) {
      this.#retry = setTimeout(() => {
        this.#offer();
      }, RETRY_MS);
    }
    if (wasFull && this.#waiting.length < MOST_WAITING_BYTES) this.#listeners.onDrain();
  }
}
