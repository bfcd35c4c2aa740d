// The lines of services that have no files, from what the logs' thread holds in memory and tells as it comes. A reader that does not keep up
// misses lines, which it sees from their positions.
import type { HeldBlock } from '../../../core/log-message.ts';
import { linesOf } from '../log-line.ts';
import type { Following, LogClient } from '../log-client.ts';
import type { FilterLines } from './line-filter.ts';
import type { RingPosition } from './log-position.ts';
import type { LineSource, LogGap, ReadLine, SourceBatch } from './read-line.ts';

/** Of blocks that wait; more come in only when the logs' thread is replaced again and again. */
const MOST_WAITING_BYTES = 4_194_304;

export class RingFeed {
  readonly #queues = new Map<string, HeldBlock[]>();
  readonly #following: Following | undefined;
  readonly #arrived: (service: string) => void;
  readonly #ready = Promise.withResolvers<undefined>();
  #waitingBytes = 0;

  /** `once`: what is held now, and that is all. `arrived`: the source of the service has something. */
  constructor(
    logs: LogClient,
    services: readonly string[],
    mode: 'follow' | 'once',
    arrived: (service: string) => void,
  ) {
    this.#arrived = arrived;
    for (const service of services) this.#queues.set(service, []);
    if (services.length === 0) this.#ready.resolve(undefined);
    else if (mode === 'follow') this.#following = logs.follow(services, this.#listener);
    else void logs.newest(services, Infinity).then(this.#listener.newest);
  }

  /** What was held at the beginning is there. */
  get ready(): Promise<undefined> {
    return this.#ready.promise;
  }

  take(service: string): HeldBlock | undefined {
    const block = this.#queues.get(service)?.shift();
    if (block === undefined) return undefined;
    this.#waitingBytes -= block.bytes.length;
    this.#following?.taken(block.bytes.length);
    return block;
  }

  close(): void {
    this.#following?.stop();
    this.#queues.clear();
  }

  readonly #listener = {
    newest: (blocks: readonly HeldBlock[]): void => {
      for (const block of blocks) this.#add(block);
      this.#ready.resolve(undefined);
    },
    block: (block: HeldBlock): void => {
      this.#add(block);
    },
    missed: (): undefined => undefined,
  };

  #add(block: HeldBlock): void {
    const queue = this.#queues.get(block.service);
    if (queue === undefined || this.#waitingBytes > MOST_WAITING_BYTES) return;
    queue.push(block);
    this.#waitingBytes += block.bytes.length;
    this.#arrived(block.service);
  }
}

export type RingStart = {
  /** Behind what the reader has seen. */
  readonly after: RingPosition | undefined;
  /** The newest so many of those that pass the filter. */
  readonly lines: number;
  readonly filter: FilterLines;
  /** What the reader is told before its first line. */
  readonly gap: LogGap | undefined;
};

export class RingSource implements LineSource {
  readonly service: string;
  readonly #feed: RingFeed;
  readonly #start: RingStart;
  #position: RingPosition | undefined;
  #mode: 'beginning' | 'going-on' = 'beginning';

  constructor(service: string, feed: RingFeed, start: RingStart) {
    this.service = service;
    this.#feed = feed;
    this.#start = start;
    this.#position = start.after;
  }

  get position(): RingPosition | undefined {
    return this.#position;
  }

  async next(): Promise<SourceBatch> {
    await this.#feed.ready;
    if (this.#mode === 'going-on') return this.#nextBlock();
    this.#mode = 'going-on';
    return this.#begin();
  }

  close(): void {
    // The feed is shared.
  }

  /** All that is held, of which the newest are wanted. */
  #begin(): SourceBatch {
    let { gap } = this.#start;
    const all: ReadLine[] = [];
    for (
      let block = this.#feed.take(this.service);
      block !== undefined;
      block = this.#feed.take(this.service)
    ) {
      const batch = this.#take(block);
      gap ??= batch.gap;
      all.push(...batch.lines);
    }
    return { gap, lines: this.#newestOf(all), state: 'idle' };
  }

  #newestOf(all: readonly ReadLine[]): readonly ReadLine[] {
    const { lines, filter } = this.#start;
    if (lines >= all.length) return all;
    const matching = filter(all);
    // Whoever reads on tries the pattern again, and says so.
    if (matching === 'too-slow') return all;
    const first = matching.length > lines ? matching[matching.length - lines] : matching[0];
    return lines === 0 || first === undefined ? [] : all.slice(all.indexOf(first));
  }

  #nextBlock(): SourceBatch {
    const block = this.#feed.take(this.service);
    return block === undefined ? { gap: undefined, lines: [], state: 'idle' } : this.#take(block);
  }

  #take(block: HeldBlock): SourceBatch {
    const { at } = block;
    const seen = this.#position;
    const isSame = seen?.bornMs === at.bornMs;
    // In another memory the first block may be the one that was told last from the memory before.
    const hasGap = seen !== undefined && (!isSame || at.byte > seen.byte);
    const lines = positioned(block).filter(({ to }) => !isSame || to.byte > seen.byte);
    this.#position = lines.at(-1)?.to ?? seen;
    const gap = { service: this.service, lines: undefined, reason: 'not-held' } as const;
    return { gap: hasGap ? gap : undefined, lines, state: 'more' };
  }
}

function positioned(block: HeldBlock): readonly (ReadLine & { readonly to: RingPosition })[] {
  const { bornMs } = block.at;
  let { byte } = block.at;
  const newline = block.ends === 'continues' ? 0 : 1;
  return linesOf(block).map((line) => {
    const from = { kind: 'ring', bornMs, byte } as const;
    byte += line.bytes.length + newline;
    return { ...line, from, to: { kind: 'ring', bornMs, byte } as const };
  });
}
