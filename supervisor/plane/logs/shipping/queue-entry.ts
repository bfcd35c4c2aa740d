// One line as a receiver is given it.
import type { QueuePosition } from './queue-position.ts';

export type QueueEntry = {
  readonly service: string;
  readonly stream: 'stdout' | 'stderr';
  /** Of the leader when the run began. */
  readonly pid: number;
  readonly timeMs: number;
  /** Decimal digits; of lines of one millisecond each has more than the one before. */
  readonly timeNs: string;
  /** Without its last newline, in whatever encoding the service has written. A record of several lines has newlines within. */
  readonly text: Buffer;
  /** `piece`: the line was too long, and goes on with the next entry of its stream. */
  readonly extent: 'line' | 'piece';
  /** The position behind it. */
  readonly after: () => QueuePosition;
};
