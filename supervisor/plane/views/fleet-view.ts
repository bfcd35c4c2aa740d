// The control plane's copy of the state, kept up by the same evolve as the engine's, with the newest events and those who
// want to hear of new ones. It never decides anything.
import { buildGraph, type DependencyGraph } from '../../core/dependency-graph.ts';
import type { RecordedEvent } from '../../core/event.ts';
import { evolve } from '../../core/evolve.ts';
import type { Fleet, ServiceRecord } from '../../core/fleet.ts';
import type { ToPlane } from '../../core/plane-message.ts';
import type { FleetSpec, ServiceSpec } from '../../core/service-spec.ts';
import { EventRing } from './event-ring.ts';
import { Histories } from './service-history.ts';

const EVENTS_HELD = 10_000;

export type Hello = Extract<ToPlane, { type: 'hello' }>;
export type EventListener = (recorded: RecordedEvent) => void;
export type SeenService = {
  readonly index: number;
  readonly spec: ServiceSpec;
  readonly record: ServiceRecord;
};

export class FleetView {
  readonly events: EventRing;
  readonly histories = new Histories();
  readonly #listeners = new Set<EventListener>();
  #spec: FleetSpec;
  #graph: DependencyGraph;
  #target: FleetSpec;
  #fleet: Fleet;

  constructor(hello: Hello) {
    this.#spec = hello.spec;
    this.#target = hello.target ?? hello.spec;
    this.#graph = buildGraph(hello.spec.services);
    this.events = new EventRing(EVENTS_HELD, hello.recentEvents, hello.lastEventId);
    this.#fleet = hello.fleet;
    for (const recorded of hello.recentEvents) this.histories.note(recorded);
    this.#forgetRemoved();
  }

  get fleet(): Fleet {
    return this.#fleet;
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
      this.#fleet = evolve(this.#fleet, recorded.event);
      if (recorded.event.type === 'configured') this.#forgetRemoved();
      this.histories.note(recorded);
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
    const index = this.#fleet.services.findIndex((record) => record.name === name);
    return this.#seen(index);
  }

  all(): readonly SeenService[] {
    return this.#fleet.services.flatMap((_record, index) => this.#seen(index) ?? []);
  }

  #seen(index: number): SeenService | undefined {
    const record = this.#fleet.services[index];
    const position = record === undefined ? undefined : this.#graph.indexOf.get(record.name);
    const spec = position === undefined ? undefined : this.#spec.services[position];
    return record === undefined || spec === undefined ? undefined : { index, spec, record };
  }

  #configure(spec: FleetSpec, target: FleetSpec | undefined): void {
    this.#spec = spec;
    this.#target = target ?? spec;
    this.#graph = buildGraph(spec.services);
  }

  #forgetRemoved(): void {
    this.histories.keepOnly(new Set(this.#fleet.services.map((record) => record.name)));
  }
}
