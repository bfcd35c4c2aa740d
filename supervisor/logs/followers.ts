// Who wants to see lines as they come, over the control plane's channel. One that does not keep up misses lines and is told how many; it
// never makes anything grow, and holds up nobody.
import type { LogBlock, LogReply, RingMoment } from '../core/log-message.ts';
import { countLines } from './block-splitter.ts';

/** On their way to one follower. */
const MOST_BYTES_UNDERWAY = 1_048_576;

type Follower = {
  readonly id: number;
  readonly services: ReadonlySet<string>;
  sentBytes: number;
  takenBytes: number;
  missedLines: number;
};

export class Followers {
  readonly #post: (reply: LogReply) => void;
  readonly #followers = new Map<number, Follower>();
  /** Services of which somebody wants to hear that they have written more. */
  readonly #watched = new Set<string>();

  constructor(post: (reply: LogReply) => void) {
    this.#post = post;
  }

  add(id: number, services: readonly string[]): void {
    const follower = { id, services: new Set(services), sentBytes: 0, takenBytes: 0, missedLines: 0 };
    this.#followers.set(id, follower);
  }

  remove(id: number): void {
    this.#followers.delete(id);
  }

  /** The control plane that they were of is gone. */
  clear(): void {
    this.#followers.clear();
    this.#watched.clear();
  }

  taken(id: number, bytes: number): void {
    const follower = this.#followers.get(id);
    if (follower !== undefined) follower.takenBytes = bytes;
  }

  /** `now`: behind all that it has written. Undefined: it has not been heard of. */
  watch(service: string, seen: RingMoment | undefined, now: RingMoment | undefined): void {
    const at = now ?? { bornMs: 0, byte: 0 };
    if (seen?.bornMs === at.bornMs && seen.byte === at.byte) this.#watched.add(service);
    else this.#post({ type: 'grown', service, at });
  }

  /** `end`: behind the block. */
  tell(block: LogBlock, end: RingMoment): void {
    const { service } = block;
    for (const follower of this.#followers.values())
      if (follower.services.has(service)) this.#tellOne(follower, block, end);
    if (this.#watched.size > 0 && this.#watched.delete(service))
      this.#post({ type: 'grown', service, at: end });
  }

  #tellOne(follower: Follower, block: LogBlock, { bornMs, byte }: RingMoment): void {
    const { id } = follower;
    if (follower.sentBytes - follower.takenBytes > MOST_BYTES_UNDERWAY) {
      follower.missedLines += countLines(block.bytes);
      return;
    }
    if (follower.missedLines > 0) this.#post({ type: 'missed', id, lines: follower.missedLines });
    follower.missedLines = 0;
    follower.sentBytes += block.bytes.length;
    // A copy: what is at hand is used again for the next read.
    const bytes = new Uint8Array(block.bytes);
    const at = { bornMs, byte: byte - bytes.length };
    this.#post({ type: 'lines', id, block: { ...block, bytes, at } });
  }
}
