// The control plane's copy of the state, kept up by the same evolve as the engine's, with the newest events and those who
// want to hear of new ones. It never decides anything.
import { buildGraph, type DependencyGraph } from '../../core/dependency-graph.ts';
import type { RecordedEvent } from '../../core/event.ts';
import type { Fleet, ServiceRecord } from '../../core/fleet.ts';
import type { ToPlane } from '../../core/plane-message.ts';
import type { FleetSpec, ServiceSpec } from '../../core/service-spec.ts';
import { differencePaths } from './difference-paths.ts';
import { type EventLog, RingEventLog } from './event-log.ts';
import { EventRing } from './event-ring.ts';
import type { Histories } from './service-history.ts';
import { ViewState } from './view-state.ts';

const EVENTS_HELD = 10_000;

export type Hello = Extract<ToPlane, { type: 'hello' }>;
export type EventListener = (recorded: RecordedEvent) => void;
export type SeenService = {
  readonly index: number;
  readonly spec: ServiceSpec;
  readonly record: ServiceRecord;
};

/** What is kept of the time before this control plane. */
export type KeptEvents = {
  /** The state after the newest event, from the events alone; undefined when they do not give it. */
  restore(log: EventLog): ViewState | undefined;
  logWith(ring: EventRing): EventLog;
};

const NOTHING_KEPT: KeptEvents = {
  restore: () => undefined,
  logWith: (ring) => new RingEventLog(ring),
};

export class FleetView {
  readonly events: EventRing;
  /** The same events, and older ones where they are kept. */
  readonly eventLog: EventLog;
  readonly #listeners = new Set<EventListener>();
  #spec: FleetSpec;
  #graph: DependencyGraph;
  #target: FleetSpec;
  #state: ViewState;

  constructor(hello: Hello, kept = NOTHING_KEPT) {
    this.#spec = hello.spec;
    this.#target = hello.target ?? hello.spec;
    this.#graph = buildGraph(hello.spec.services);
    this.events = new EventRing(EVENTS_HELD, hello.recentEvents, hello.lastEventId);
    this.eventLog = kept.logWith(this.events);
    const restored = kept.restore(this.eventLog);
    // The engine is right; what the events give can only be more.
    this.#state =
      restored !== undefined && differencePaths(restored.fleet, hello.fleet).length === 0
        ? restored
        : stateOf(hello);
  }

  get fleet(): Fleet {
    return this.#state.fleet;
  }

  get histories(): Histories {
    return this.#state.histories;
  }

  /** What follows from the events. */
  get state(): ViewState {
    return this.#state;
  }

  /** By one that was made of the same events anew. */
  replaceState(state: ViewState): void {
    this.#state = state;
  }

  /** What each service goes by now. */
  get spec(): FleetSpec {
    return this.#spec;
  }

  get graph(): DependencyGraph {
    return this.#graph;
  }

  /** What all of them are on their way to: the configuration that was applied last. */
  get target(): FleetSpec {
    return this.#target;
  }

  apply({
    events,
    spec,
    target,
  }: Pick<Extract<ToPlane, { type: 'events' }>, 'events' | 'spec' | 'target'>): void {
    for (const recorded of events) {
      // A worker that has been replaced gets a snapshot, and may get events that are in it already.
      if (recorded.id <= this.events.lastId) continue;
      if (recorded.event.type === 'configured' && spec !== undefined) this.#configure(spec, target);
      this.#state.apply(recorded);
      this.events.add(recorded);
      for (const listener of [...this.#listeners]) listener(recorded);
    }
  }

  /** Called after each event has been applied. The result ends it. */
  subscribe(listener: EventListener): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }

  find(name: string): SeenService | undefined {
    const index = this.fleet.services.findIndex((record) => record.name === name);
    return this.#seen(index);
  }

  all(): readonly SeenService[] {
    return this.fleet.services.flatMap((_record, index) => this.#seen(index) ?? []);
  }

  #seen(index: number): SeenService | undefined {
    const record = this.fleet.services[index];
    const position = record === undefined ? undefined : this.#graph.indexOf.get(record.name);
    const spec = position === undefined ? undefined : this.#spec.services[position];
    return record === undefined || spec === undefined ? undefined : { index, spec, record };
  }

  #configure(spec: FleetSpec, target: FleetSpec | undefined): void {
    this.#spec = spec;
    this.#target = target ?? spec;
    this.#graph = buildGraph(spec.services);
  }
}

/** As far as the newest events tell. */
function stateOf({ fleet, recentEvents }: Hello): ViewState {
  const state = new ViewState({ fleet, histories: [], seqs: [] });
  for (const recorded of recentEvents) state.note(recorded);
  return state;
}
