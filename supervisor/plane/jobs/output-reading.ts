// One reader of a job's output: from any byte on, during the run and after it, as fast as the reader takes it and no faster. It holds
// a block at a time, whatever its speed; nobody waits for it.
import type { ServerResponse } from 'node:http';
import { FRAME, FrameParser } from '../../wire/frames.ts';
import type { JobOutput } from './job-output.ts';

/** In one turn of the loop; then others come. */
const BLOCKS_AT_ONCE = 4;
const KEEP_ALIVE_MS = 30_000;

export const FRAMES_TYPE = 'application/vnd.bosun.frames';

export type ReadingOptions = {
  /** Of the frames, where to begin. */
  readonly from: number;
  /** The bytes of this one alone, without frames. */
  readonly stream: 'stdout' | 'stderr' | undefined;
  /** `end`: until the end of the job; `now`: what there is. */
  readonly until: 'end' | 'now';
};

export class OutputReading {
  readonly #output: JobOutput;
  readonly #outgoing: ServerResponse;
  readonly #untilByte: number;
  readonly #write: (block: Buffer) => boolean;
  #at: number;
  #state: 'reading' | 'held-up' | 'over' = 'reading';
  #leave: () => void = () => undefined;

  constructor(output: JobOutput, outgoing: ServerResponse, { from, stream, until }: ReadingOptions) {
    this.#output = output;
    this.#outgoing = outgoing;
    this.#at = from;
    this.#untilByte = until === 'now' ? output.size : Infinity;
    this.#write = stream === undefined ? (block) => outgoing.write(block) : this.#pickerOf(stream);
    outgoing.writeHead(200, {
      'content-type': stream === undefined ? FRAMES_TYPE : 'application/octet-stream',
      'cache-control': 'no-store',
    });
  }

  begin(): void {
    const stop = (): void => {
      this.#stop();
    };
    this.#outgoing.on('error', stop);
    this.#outgoing.on('close', stop);
    if (this.#outgoing.req.method === 'HEAD') {
      this.#outgoing.end();
      return;
    }
    // A job may be silent for long: a reader that is gone without a word is found all the same.
    this.#outgoing.socket?.setKeepAlive(true, KEEP_ALIVE_MS);
    this.#outgoing.flushHeaders();
    this.#outgoing.on('drain', () => {
      if (this.#state !== 'held-up') return;
      this.#state = 'reading';
      this.#pump();
    });
    this.#guarded(() => {
      this.#leave = this.#output.addReader(() => {
        this.#pump();
      });
    });
    this.#pump();
  }

  #pump(): void {
    this.#guarded(() => {
      for (let blocks = 0; this.#state === 'reading'; blocks += 1) {
        if (blocks === BLOCKS_AT_ONCE) {
          setImmediate(() => {
            this.#pump();
          });
          return;
        }
        if (!this.#step()) return;
      }
    });
  }

  /** `false`: there is nothing more, for now or for good. */
  #step(): boolean {
    const block = this.#output.read(this.#at).subarray(0, this.#untilByte - this.#at);
    if (block.length > 0) {
      this.#at += block.length;
      if (!this.#write(block)) this.#state = 'held-up';
      return true;
    }
    if (this.#output.isComplete || this.#at >= this.#untilByte) {
      this.#outgoing.end();
      this.#stop();
    }
    return false;
  }

  /** Always at the border of a frame, because it begins with the first. */
  #pickerOf(stream: 'stdout' | 'stderr'): (block: Buffer) => boolean {
    let room = true;
    const parser = new FrameParser({
      onData: (type, bytes) => {
        if (type === FRAME[stream]) room = this.#outgoing.write(bytes);
      },
      onControl: () => undefined,
    });
    return (block) => {
      room = true;
      parser.push(block);
      return room;
    };
  }

  /** A file that cannot be read ends this answer, in a way that does not look like its end. */
  #guarded(work: () => void): void {
    try {
      work();
    } catch {
      this.#stop();
      this.#outgoing.destroy();
    }
  }

  #stop(): void {
    this.#state = 'over';
    this.#leave();
    this.#leave = () => undefined;
  }
}
