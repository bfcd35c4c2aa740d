// Reads one lent pipe to its end. Owns the descriptor. Every chunk is handed on in the tick in which it was read, so that a
// thread that dies elsewhere has lost nothing of it.
import { readSync } from 'node:fs';
import { Socket } from 'node:net';

const CHUNK_BYTES = 65_536;
/** One for all pipes: a chunk is used up before the next one is read. */
const chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);

export type PipeListeners = {
  /** The bytes are valid during the call only. */
  readonly onChunk: (bytes: Buffer) => void;
  /** Once, after the last chunk. `error` is empty at a normal end. */
  readonly onEnd: (error: string) => void;
};

export class PipeReader {
  readonly #fd: number;
  readonly #listeners: PipeListeners;
  readonly #socket: Socket;
  #error = '';

  /** Throws when the descriptor is not one of a pipe. */
  constructor(fd: number, listeners: PipeListeners) {
    this.#fd = fd;
    this.#listeners = listeners;
    this.#socket = new Socket({
      fd,
      readable: true,
      writable: false,
      onread: { buffer: chunk, callback: this.#onRead },
    });
    this.#socket.on('error', (error) => {
      this.#error = error.message;
    });
    this.#socket.on('close', () => {
      this.#listeners.onEnd(this.#error);
    });
    // In this mode 'end', and with it 'close', comes only to a stream that flows.
    this.#socket.resume();
  }

  /** Reads what is in the pipe now and no more: until EAGAIN, the end, or `untilMs` (performance.now()). */
  readAvailable(untilMs: number): void {
    this.readWhile(() => performance.now() < untilMs);
  }

  /** The same as long as `wanted` holds. */
  readWhile(wanted: () => boolean): 'empty' | 'stopped' {
    while (!this.#socket.destroyed && wanted()) {
      const length = this.#readOnce();
      if (length === 0) return 'empty';
      this.#listeners.onChunk(chunk.subarray(0, length));
    }
    return this.#socket.destroyed ? 'empty' : 'stopped';
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  #readOnce(): number {
    try {
      // The descriptor is non-blocking: libuv made it so, uv_pipe_open(3).
      return readSync(this.#fd, chunk);
    } catch {
      return 0;
    }
  }

  readonly #onRead = (length: number, bytes: Uint8Array): boolean => {
    this.#listeners.onChunk(Buffer.from(bytes.buffer, bytes.byteOffset, length));
    return true;
  };
}
