// What follows from the events, and from them alone: the fleet, what is told of each service beside its state, and how many events
// each has had. The view keeps one up to date; a replay of the journal makes another.
import type { RecordedEvent } from '../../core/event.ts';
import { evolve } from '../../core/evolve.ts';
import { createFleet, type Fleet } from '../../core/fleet.ts';
import type { ServiceName } from '../../core/names.ts';
import { Histories, type ServiceHistory } from './service-history.ts';

/** Plain data, for a checkpoint. */
export type ViewStateData = {
  readonly fleet: Fleet;
  readonly histories: readonly (readonly [ServiceName, ServiceHistory])[];
  readonly seqs: readonly (readonly [ServiceName, number])[];
};

const BEFORE_ALL: ViewStateData = { fleet: createFleet([]), histories: [], seqs: [] };

export class ViewState {
  readonly histories: Histories;
  readonly #seqs: Map<ServiceName, number>;
  #fleet: Fleet;

  constructor({ fleet, histories, seqs } = BEFORE_ALL) {
    this.#fleet = fleet;
    this.histories = new Histories(histories);
    this.#seqs = new Map(seqs);
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  /** The last sequence number of each service, also of those that are not there any more. */
  get seqs(): ReadonlyMap<ServiceName, number> {
    return this.#seqs;
  }

  get data(): ViewStateData {
    return { fleet: this.#fleet, histories: this.histories.entries, seqs: [...this.#seqs] };
  }

  apply(recorded: RecordedEvent): void {
    this.#fleet = evolve(this.#fleet, recorded.event);
    this.note(recorded);
  }

  /** An event that the fleet has in it already. */
  note(recorded: RecordedEvent): void {
    const { event, seq } = recorded;
    if ('service' in event) this.#seqs.set(event.service, seq);
    // Another life of Bosun: what its predecessor knew of its runs is not about the new ones.
    if (event.type === 'booted') this.histories.keepOnly(new Set());
    if (event.type === 'configured') this.#forgetRemoved();
    this.histories.note(recorded);
  }

  #forgetRemoved(): void {
    this.histories.keepOnly(new Set(this.#fleet.services.map((record) => record.name)));
  }
}
