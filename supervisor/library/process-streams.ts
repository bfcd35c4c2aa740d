// The streams of one process of the library: our ends of its pipes, and what was read from them.
import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import type { JobStream } from '../core/plane-message.ts';
import { KeptOutput } from './kept-output.ts';

export type OutputName = 'stdout' | 'stderr';

/** A daemon that has left its group may hold a pipe open for ever. */
const HELD_OPEN_MS = 1000;

export class ProcessStreams {
  readonly #stdout: KeptOutput;
  readonly #stderr: KeptOutput;
  readonly #sockets = new Set<Socket>();
  #input: Writable | undefined;

  constructor(limitBytes: number) {
    this.#stdout = new KeptOutput(limitBytes);
    this.#stderr = new KeptOutput(limitBytes);
  }

  get input(): Writable | undefined {
    return this.#input;
  }

  output(name: OutputName): KeptOutput {
    return name === 'stdout' ? this.#stdout : this.#stderr;
  }

  /** Owns the descriptor from now on. */
  attach(stream: JobStream, fd: number): void {
    if (stream === 'stdin') this.#attachInput(fd);
    else this.#attachOutput(this.output(stream === 'stderr' ? 'stderr' : 'stdout'), fd);
  }

  /** The process has ended: what it has written is still read. For who else holds the other ends nobody waits long. */
  endSoon(): void {
    this.#input?.destroy();
    setTimeout(() => {
      for (const socket of this.#sockets) socket.destroy();
      this.#stdout.end();
      this.#stderr.end();
    }, HELD_OPEN_MS).unref();
  }

  #attachInput(fd: number): void {
    const socket = new Socket({ fd, readable: false, writable: true });
    // EPIPE: the process does not read any more. A write's own callback tells whoever writes.
    socket.on('error', () => undefined);
    this.#input = socket;
  }

  #attachOutput(output: KeptOutput, fd: number): void {
    const socket = new Socket({ fd, readable: true, writable: false });
    this.#sockets.add(socket);
    socket.on('data', (bytes: Buffer) => {
      output.append(bytes);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#sockets.delete(socket);
      output.end();
    });
  }
}
