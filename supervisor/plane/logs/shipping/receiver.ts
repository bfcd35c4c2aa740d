// What the courier of a sink needs of whatever speaks its protocol.
import type { QueueEntry } from './queue-entry.ts';

export type Delivery =
  /** The first so many entries need not be sent again; the receiver took all of them but `refusedLines`. */
  | { readonly kind: 'taken'; readonly lines: number; readonly refusedLines: number; readonly remark: string }
  /** Will never be taken as it is: fewer at a time may be, and of one alone it is final. */
  | { readonly kind: 'refused'; readonly why: string }
  /** `retryAfterMs`: the receiver wants to be left alone for so long; 0 when it did not say. */
  | { readonly kind: 'away'; readonly why: string; readonly retryAfterMs: number };

export type Receiver = {
  readonly batch: {
    readonly lines: number;
    readonly bytes: number;
    /** How long fewer lines than that wait for others. */
    readonly lingerMs: number;
  };
  /** Where it sends, without any secret. */
  readonly place: string;
  /** Rejects only when aborted, or by a mistake of ours. Never called again before it has answered. */
  send(entries: readonly QueueEntry[], signal: AbortSignal): Promise<Delivery>;
  close(): void;
};

export function away(why: string, retryAfterMs = 0): Delivery {
  return { kind: 'away', why, retryAfterMs };
}

export function taken(lines: number): Delivery {
  return { kind: 'taken', lines, refusedLines: 0, remark: '' };
}
