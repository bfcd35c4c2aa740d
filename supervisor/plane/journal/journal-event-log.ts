// All events that are kept, in pages: the newest from memory, older ones from the journal.
import type { EventFilter, EventLog, EventPage } from '../views/event-log.ts';
import { RingEventLog } from '../views/event-log.ts';
import type { EventRing } from '../views/event-ring.ts';
import type { Journal } from './journal.ts';

export class JournalEventLog implements EventLog {
  readonly #ring: EventRing;
  readonly #newest: RingEventLog;
  readonly #journal: Journal;

  constructor(ring: EventRing, journal: Journal) {
    this.#ring = ring;
    this.#newest = new RingEventLog(ring);
    this.#journal = journal;
  }

  get lastId(): number {
    return this.#ring.lastId;
  }

  get oldestId(): number {
    const inMemory = this.#ring.oldestId;
    // Between what was written last and what is held in memory events may be missing.
    if (this.#journal.writtenId < inMemory - 1) return inMemory;
    return Math.min(inMemory, this.#journal.oldestId);
  }

  covers(after: number): boolean {
    if (this.#ring.covers(after)) return true;
    return after <= this.lastId && after >= this.oldestId - 1;
  }

  page(after: number, filter: EventFilter, limit: number): EventPage {
    if (after >= this.#ring.oldestId - 1) return this.#newest.page(after, filter, limit);
    const upTo = this.#ring.oldestId - 1;
    return this.#journal.page(after, upTo, filter, limit);
  }
}
