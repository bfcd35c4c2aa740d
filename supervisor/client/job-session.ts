// A job whose streams are this connection: frames both ways, after an HTTP upgrade. The caller hands in what is typed and reads what
// comes; each side waits for the other.
import type { Socket } from 'node:net';
import { encodeFrame, FRAME, frameHeader } from '../wire/frames.ts';
import type { Cancel } from './api-caller.ts';
import { JobPieces, type JobPiece } from './job-pieces.ts';
import type { Target } from './target.ts';
import { connectionLost, sendForUpgrade } from './transport.ts';

export type JobSession = {
  /** Its id. */
  readonly job: number;
  /** Resolves when there is room for more. Does nothing once the job has ended. */
  input(bytes: Uint8Array): Promise<void>;
  /** The job sees the end of its input. */
  endInput(): void;
  resize(columns: number, rows: number): void;
  /** With its SIG prefix; to the main process of the job. */
  sendSignal(signal: string): void;
  /** The end is the last. Throws BosunUnreachable when the connection is lost: the job is hung up then. */
  output(): AsyncGenerator<JobPiece, void, undefined>;
  /** Whoever it was run for is gone. */
  hangUp(): void;
};

export type SessionOptions = Cancel & { readonly path: string; readonly body: unknown };

/** Throws BosunUnreachable or BosunProblem; with `signal`, also its reason. */
export async function openJobSession(
  target: Target,
  { path, body, signal }: SessionOptions,
): Promise<JobSession> {
  const wanted = { method: 'POST', path, body, signal } as const;
  const { incoming, socket } = await sendForUpgrade(target, wanted, 'bosun-exec');
  return new SocketSession(target, socket, Number(incoming.headers['bosun-job']));
}

/** A frame has a bound. */
const PIECE_BYTES = 1_048_576;

class SocketSession implements JobSession {
  readonly job: number;
  readonly #target: Target;
  readonly #socket: Socket;

  constructor(target: Target, socket: Socket, job: number) {
    this.job = job;
    this.#target = target;
    this.#socket = socket;
    // Whoever reads the output hears of it.
    socket.on('error', () => undefined);
  }

  async input(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES)
      await this.#inputPiece(bytes.subarray(at, at + PIECE_BYTES));
  }

  async #inputPiece(piece: Uint8Array): Promise<void> {
    this.#send(frameHeader(FRAME.stdout, piece.length));
    if (this.#send(piece) || this.#socket.destroyed) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        this.#socket.off('drain', done).off('close', done);
        resolve();
      };
      this.#socket.on('drain', done).on('close', done);
    });
  }

  endInput(): void {
    this.#send(encodeFrame(FRAME.inputEnd));
  }

  resize(columns: number, rows: number): void {
    this.#send(encodeFrame(FRAME.resize, JSON.stringify({ columns, rows })));
  }

  sendSignal(signal: string): void {
    this.#send(encodeFrame(FRAME.signal, JSON.stringify({ signal })));
  }

  async *output(): AsyncGenerator<JobPiece, void, undefined> {
    const pieces = new JobPieces();
    try {
      for await (const chunk of this.#socket)
        for (const piece of pieces.push(chunk as Buffer)) {
          yield piece;
          if (piece.kind === 'end') return;
        }
    } catch (error) {
      throw connectionLost(this.#target, 'the connection to the job was lost', error);
    } finally {
      this.hangUp();
    }
    throw connectionLost(this.#target, 'the connection to the job ended before the job', undefined);
  }

  hangUp(): void {
    this.#socket.destroy();
  }

  #send(bytes: Uint8Array): boolean {
    return this.#socket.destroyed || this.#socket.writableEnded || this.#socket.write(bytes);
  }
}
