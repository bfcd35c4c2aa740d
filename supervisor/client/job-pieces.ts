// From frames to the pieces that a reader of a job's output wants.
import { FRAME, FrameParser } from '../wire/frames.ts';
import type { JobEndView, JobLossView } from '../wire/job-view.ts';

export type JobPiece =
  | { readonly kind: 'bytes'; readonly stream: 'stdout' | 'stderr'; readonly bytes: Buffer }
  /** So much of the output is not there; right before the end. */
  | ({ readonly kind: 'loss' } & JobLossView)
  | { readonly kind: 'end'; readonly end: JobEndView };

export class JobPieces {
  readonly #parser: FrameParser;
  #pieces: JobPiece[] = [];

  constructor() {
    this.#parser = new FrameParser({
      onData: (type, bytes) => {
        this.#pieces.push({ kind: 'bytes', stream: type === FRAME.stderr ? 'stderr' : 'stdout', bytes });
      },
      onControl: (type, payload) => {
        this.#control(type, payload);
      },
    });
  }

  /** They share the memory of the chunk. */
  push(chunk: Buffer): readonly JobPiece[] {
    this.#pieces = [];
    this.#parser.push(chunk);
    return this.#pieces;
  }

  #control(type: number, payload: Buffer): void {
    // What Bosun says has the shapes of its own schemas.
    if (type === FRAME.end)
      this.#pieces.push({ kind: 'end', end: JSON.parse(payload.toString()) as JobEndView });
    if (type === FRAME.loss)
      this.#pieces.push({ kind: 'loss', ...(JSON.parse(payload.toString()) as JobLossView) });
  }
}
