// The standard input of a job: a pipe that is written as fast as the job reads. Owns the descriptor.
import { Socket } from 'node:net';

export class JobInput {
  readonly #socket: Socket;

  /** Throws when the descriptor is not one of a pipe. `onClosed`: once, when it is complete or the job does not read it any more. */
  constructor(fd: number, listeners: { readonly onDrain: () => void; readonly onClosed: () => void }) {
    this.#socket = new Socket({ fd, readable: false, writable: true });
    // EPIPE: the job has closed it, which is its right.
    this.#socket.on('error', () => undefined);
    this.#socket.on('drain', listeners.onDrain);
    this.#socket.on('close', listeners.onClosed);
  }

  /** `false`: wait for `onDrain` before the next. */
  write(bytes: Uint8Array): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded || this.#socket.write(bytes);
  }

  end(): void {
    this.#socket.end();
  }

  close(): void {
    this.#socket.destroy();
  }
}
