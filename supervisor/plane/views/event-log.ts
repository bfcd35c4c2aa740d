// The events in pages, oldest first: for lists, for streams that catch up, for whoever replays. Here from memory alone.
import type { RecordedEvent } from '../../core/event.ts';
import type { EventRing } from './event-ring.ts';

/** Undefined: all of them. An event that belongs to no service passes only without `services`. */
export type EventFilter = {
  readonly services?: readonly string[] | undefined;
  readonly types?: readonly string[] | undefined;
};

export type EventPage = {
  /** Those that pass the filter, oldest first. */
  readonly events: readonly RecordedEvent[];
  /** Every event up to this id has been looked at: where the next page begins. `lastId`: that was all. */
  readonly scannedTo: number;
};

export type EventLog = {
  readonly lastId: number;
  /** From it on nothing is missing; `lastId + 1` when none is held. */
  readonly oldestId: number;
  /** Whether a reader that has seen everything up to `after` can go on without having missed something. */
  covers(after: number): boolean;
  /**
   * At most `limit` events with an id above `after`. It looks at a bounded number of them, so that a page may be short or empty
   * although there are more: go on from `scannedTo` until that is `lastId`.
   */
  page(after: number, filter: EventFilter, limit: number): EventPage;
};

export function passes({ services, types }: EventFilter, { event }: RecordedEvent): boolean {
  return (
    (services === undefined || ('service' in event && services.includes(event.service))) &&
    (types === undefined || types.includes(event.type))
  );
}

export class RingEventLog implements EventLog {
  readonly #ring: EventRing;

  constructor(ring: EventRing) {
    this.#ring = ring;
  }

  get lastId(): number {
    return this.#ring.lastId;
  }

  get oldestId(): number {
    return this.#ring.oldestId;
  }

  covers(after: number): boolean {
    return this.#ring.covers(after);
  }

  page(after: number, filter: EventFilter, limit: number): EventPage {
    const events: RecordedEvent[] = [];
    let scannedTo = after;
    for (let next = this.#ring.next(after); next !== undefined; next = this.#ring.next(scannedTo)) {
      scannedTo = next.id;
      if (passes(filter, next)) events.push(next);
      if (events.length >= limit) return { events, scannedTo };
    }
    return { events, scannedTo: Math.max(after, this.lastId) };
  }
}
