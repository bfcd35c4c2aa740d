// Numbers and stamps events: a global id without gaps, a sequence for each service, wall and monotonic time, who and why.
// Keeps the newest ones, so that a control plane that starts anew knows what happened before it.
import type { Actor, BosunEvent, RecordedEvent } from '../core/event.ts';
import type { ServiceName } from '../core/names.ts';
import type { ClockPort } from './ports.ts';

const KEPT_EVENTS = 1000;

/** `cause`: the id of the event that led to it, 0 when none did. */
export type Attribution = { readonly actor: Actor; readonly command: string; readonly cause: number };

/** What goes on from an earlier life of Bosun, where its state was kept. */
export type Numbering = {
  readonly lastId: number;
  readonly lastSeqs: ReadonlyMap<ServiceName, number>;
};

const FROM_THE_START: Numbering = { lastId: 0, lastSeqs: new Map() };

export class Recorder {
  readonly #clock: ClockPort;
  readonly #seqOf: Map<ServiceName, number>;
  #lastId: number;
  #recent: RecordedEvent[] = [];

  constructor(clock: ClockPort, { lastId, lastSeqs } = FROM_THE_START) {
    this.#clock = clock;
    this.#lastId = lastId;
    this.#seqOf = new Map(lastSeqs);
  }

  get lastId(): number {
    return this.#lastId;
  }

  get recent(): readonly RecordedEvent[] {
    return this.#recent.slice(-KEPT_EVENTS);
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
    if (this.#recent.length > 2 * KEPT_EVENTS) this.#recent = this.#recent.slice(-KEPT_EVENTS);
    return recorded;
  }

  #nextSeq(service: ServiceName): number {
    const seq = (this.#seqOf.get(service) ?? 0) + 1;
    this.#seqOf.set(service, seq);
    return seq;
  }
}
