// Numbers and stamps events: a global id without gaps, a sequence for each service, wall and monotonic time, who and why.
// Keeps the newest ones, and all that the control plane has not written to its journal yet, up to a bound: so that one that starts
// anew knows what happened before it, and misses nothing. What is given up beyond the bound it sees from the gap in the ids.
import type { Actor } from '../core/actor.ts';
import type { BosunEvent, RecordedEvent } from '../core/event.ts';
import type { ServiceName } from '../core/names.ts';
import type { ClockPort } from './ports.ts';

const KEPT_EVENTS = 1000;
/** A few megabytes, and some ten milliseconds to hand over. */
const MOST_UNWRITTEN = 10_000;

/** `cause`: the id of the event that led to it, 0 when none did. */
export type Attribution = { readonly actor: Actor; readonly command: string; readonly cause: number };

/** What goes on from an earlier life of Bosun, where its state was kept. */
export type Numbering = {
  readonly lastId: number;
  readonly lastSeqs: ReadonlyMap<ServiceName, number>;
  /** The newest events, of which those up to `writtenId` are in the journal. */
  readonly recent?: readonly RecordedEvent[];
  readonly writtenId?: number;
};

const FROM_THE_START: Numbering = { lastId: 0, lastSeqs: new Map() };

export class Recorder {
  readonly #clock: ClockPort;
  readonly #seqOf: Map<ServiceName, number>;
  #lastId: number;
  #writtenId: number;
  #recent: RecordedEvent[] = [];

  constructor(clock: ClockPort, { lastId, lastSeqs, recent, writtenId } = FROM_THE_START) {
    this.#clock = clock;
    this.#lastId = lastId;
    this.#writtenId = writtenId ?? lastId;
    this.#seqOf = new Map(lastSeqs);
    this.#recent = [...(recent ?? [])];
  }

  /** What another recorder goes on from without a gap. */
  get numbering(): Required<Numbering> {
    return {
      lastId: this.#lastId,
      lastSeqs: new Map(this.#seqOf),
      recent: this.recent,
      writtenId: this.#writtenId,
    };
  }

  get lastId(): number {
    return this.#lastId;
  }

  get recent(): readonly RecordedEvent[] {
    return this.#recent.slice(-this.#kept);
  }

  /** Every event up to this id is in the journal. */
  written(upToId: number): void {
    this.#writtenId = Math.max(this.#writtenId, upToId);
  }

  record(event: BosunEvent, attribution: Attribution): RecordedEvent {
    const recorded: RecordedEvent = {
      id: ++this.#lastId,
      seq: 'service' in event ? this.#nextSeq(event.service) : 0,
      timeMs: this.#clock.wallMs(),
      monotonicMs: this.#clock.nowMs(),
      version: 1,
      ...attribution,
      event,
    };
    this.#recent.push(recorded);
    // Cut now and then, not at each event.
    if (this.#recent.length > this.#kept + KEPT_EVENTS) this.#recent = this.#recent.slice(-this.#kept);
    return recorded;
  }

  get #kept(): number {
    const unwritten = this.#lastId - this.#writtenId;
    return Math.min(Math.max(unwritten, KEPT_EVENTS), MOST_UNWRITTEN);
  }

  #nextSeq(service: ServiceName): number {
    const seq = (this.#seqOf.get(service) ?? 0) + 1;
    this.#seqOf.set(service, seq);
    return seq;
  }
}
