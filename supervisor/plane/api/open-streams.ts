// The streams that are open in this thread: so many and no more, with a bound on what all of them hold together, and a sign of life
// now and then, so that a reader that is gone without a word is found. Nobody streams: no timer.

const MOST_STREAMS = 500;
const LARGEST_BACKLOG_BYTES = 67_108_864;
const HEARTBEAT_MS = 15_000;

/** As far as it matters here. */
export type OpenStream = {
  /** What its reader has not taken. */
  readonly backlogBytes: number;
  /** Writes something that means nothing, unless something was written since it was asked last. */
  beat(): void;
  cut(): void;
};

export class OpenStreams {
  readonly #heartbeatMs: number;
  readonly #open = new Set<OpenStream>();
  #timer: NodeJS.Timeout | undefined;
  /** Never less than what is held: readers take without a word. */
  #heldBytes = 0;

  constructor(heartbeatMs = HEARTBEAT_MS) {
    this.#heartbeatMs = heartbeatMs;
  }

  /** Whether there may be another one. */
  get hasRoom(): boolean {
    return this.#open.size < MOST_STREAMS;
  }

  add(stream: OpenStream): void {
    this.#open.add(stream);
    this.#timer ??= setInterval(() => {
      for (const each of [...this.#open]) each.beat();
    }, this.#heartbeatMs);
  }

  remove(stream: OpenStream): void {
    this.#open.delete(stream);
    if (this.#open.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** One of them holds more by so much. Beyond the bound the slowest readers are cut off. */
  grown(byBytes: number): void {
    this.#heldBytes += byBytes;
    if (this.#heldBytes <= LARGEST_BACKLOG_BYTES) return;
    const slowestFirst = [...this.#open].toSorted((a, b) => b.backlogBytes - a.backlogBytes);
    this.#heldBytes = slowestFirst.reduce((sum, stream) => sum + stream.backlogBytes, 0);
    for (const stream of slowestFirst) {
      if (this.#heldBytes <= LARGEST_BACKLOG_BYTES) return;
      this.#heldBytes -= stream.backlogBytes;
      stream.cut();
    }
  }
}

export const openStreams = new OpenStreams();
