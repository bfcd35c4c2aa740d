// The newest events, up to a bound. Their ids are without gaps, so an event is found by counting.
import type { RecordedEvent } from '../../core/event.ts';

export class EventRing {
  readonly #capacity: number;
  #events: RecordedEvent[] = [];
  /** Position of the oldest that is still held; what is before it is cut off in whole blocks. */
  #start = 0;
  #lastId: number;

  /** `lastId`: of the newest event there has been, which `recent` ends with unless it is empty. */
  constructor(capacity: number, recent: readonly RecordedEvent[], lastId: number) {
    this.#capacity = capacity;
    this.#lastId = lastId;
    for (const event of recent) this.add(event);
  }

  add(event: RecordedEvent): void {
    const newest = this.#events.at(-1);
    // After a gap every position would be wrong: what came before it is given up.
    if (newest !== undefined && event.id !== newest.id + 1) this.#clear();
    this.#events.push(event);
    this.#lastId = event.id;
    if (this.#events.length - this.#start > this.#capacity) this.#start += 1;
    if (this.#start >= this.#capacity) this.#compact();
  }

  get lastId(): number {
    return this.#lastId;
  }

  /** `lastId + 1` when none is held. */
  get oldestId(): number {
    return this.#events[this.#start]?.id ?? this.#lastId + 1;
  }

  /** Whether a reader that has seen everything up to `after` can go on without having missed something. */
  covers(after: number): boolean {
    return after >= this.oldestId - 1 && after <= this.#lastId;
  }

  /** The first event with an id above `after`. */
  next(after: number): RecordedEvent | undefined {
    const offset = Math.max(0, after + 1 - this.oldestId);
    return this.#events[this.#start + offset];
  }

  /** All that are held with an id above `after`, oldest first. */
  since(after: number): readonly RecordedEvent[] {
    return this.#events.slice(this.#start + Math.max(0, after + 1 - this.oldestId));
  }

  #clear(): void {
    this.#events = [];
    this.#start = 0;
  }

  #compact(): void {
    this.#events = this.#events.slice(this.#start);
    this.#start = 0;
  }
}
