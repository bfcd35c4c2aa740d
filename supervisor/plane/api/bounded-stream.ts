// One streamed answer. What its reader has not taken is held up to a bound; beyond it the reader is cut off and comes back
// with its cursor. So a slow reader costs a mebibyte, never the process.
import type { ServerResponse } from 'node:http';

const LONGEST_BACKLOG_BYTES = 1_048_576;
/** While catching up, more is written only after the reader has taken this much down. */
const CATCH_UP_BYTES = 131_072;

export type StreamState = 'room' | 'full' | 'over';

export class BoundedStream {
  readonly #outgoing: ServerResponse;
  #over = false;

  constructor(outgoing: ServerResponse, contentType: string) {
    this.#outgoing = outgoing;
    outgoing.on('error', () => {
      this.#over = true;
    });
    outgoing.on('close', () => {
      this.#over = true;
    });
    outgoing.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' });
    outgoing.flushHeaders();
  }

  /** `full`: wait for `onDrain` before writing more, or risk the cut. */
  write(bytes: Buffer | string): StreamState {
    if (this.#over) return 'over';
    this.#outgoing.write(bytes);
    if (this.#outgoing.writableLength > LONGEST_BACKLOG_BYTES) {
      this.cut();
      return 'over';
    }
    return this.#outgoing.writableLength > CATCH_UP_BYTES ? 'full' : 'room';
  }

  onDrain(listener: () => void): void {
    this.#outgoing.once('drain', listener);
  }

  onClose(listener: () => void): void {
    if (this.#over) listener();
    else this.#outgoing.once('close', listener);
  }

  /** Ends it without ceremony; the reader sees a broken connection, not a complete answer. */
  cut(): void {
    this.#over = true;
    this.#outgoing.destroy();
  }

  end(): void {
    if (!this.#over) this.#outgoing.end();
  }
}
