// One streamed answer. What its reader has not taken is held up to a bound; beyond it the reader is cut off and comes back
// with its cursor. So a slow reader costs a mebibyte, never the process.
import type { ServerResponse } from 'node:http';
import { openStreams, type OpenStream } from './open-streams.ts';
import { refuse } from './problem-response.ts';

const LONGEST_BACKLOG_BYTES = 1_048_576;
/** While catching up, more is written only after the reader has taken this much down. */
const CATCH_UP_BYTES = 65_536;
/** What means nothing: a comment of server-sent events, an empty line between JSON texts. */
const HEARTBEATS: Readonly<Record<string, string>> = {
  'text/event-stream': ':\n\n',
  'application/x-ndjson': '\n',
};

export type StreamState = 'room' | 'full' | 'over';

/** The refusal, when there are as many streams as there may be; ask before one is made. */
export function refuseStream(): Response | undefined {
  return openStreams.hasRoom
    ? undefined
    : refuse('too-many-streams', 'As many streams as may be are being read.');
}

export class BoundedStream implements OpenStream {
  readonly #outgoing: ServerResponse;
  readonly #heartbeat: string | undefined;
  #sinceBeat: 'quiet' | 'busy' = 'busy';
  #over = false;

  constructor(outgoing: ServerResponse, contentType: string) {
    this.#outgoing = outgoing;
    this.#heartbeat = HEARTBEATS[contentType];
    outgoing.on('error', () => {
      this.#over = true;
    });
    outgoing.on('close', () => {
      this.#over = true;
      openStreams.remove(this);
    });
    openStreams.add(this);
    outgoing.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-store' });
    // HEAD: that was all.
    if (outgoing.req.method === 'HEAD') this.end();
    else outgoing.flushHeaders();
  }

  /** `full`: wait for `onDrain` before writing more, or risk the cut. */
  write(bytes: Buffer | string): StreamState {
    if (this.#over) return 'over';
    this.#sinceBeat = 'busy';
    this.#outgoing.write(bytes);
    const held = this.#outgoing.writableLength;
    if (held > LONGEST_BACKLOG_BYTES) {
      this.cut();
      return 'over';
    }
    // What is taken at once is not held.
    if (held >= bytes.length) openStreams.grown(bytes.length);
    return held > CATCH_UP_BYTES ? 'full' : 'room';
  }

  get backlogBytes(): number {
    return this.#over ? 0 : this.#outgoing.writableLength;
  }

  beat(): void {
    if (this.#sinceBeat === 'quiet' && this.#heartbeat !== undefined) this.write(this.#heartbeat);
    this.#sinceBeat = 'quiet';
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
    openStreams.remove(this);
    this.#outgoing.destroy();
  }

  end(): void {
    if (!this.#over) this.#outgoing.end();
    this.#over = true;
  }
}
