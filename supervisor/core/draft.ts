// One decision while it is being made: events are applied as they are emitted, so that every later rule of the same
// decision sees them, and the services around each change are marked for another look (settle.ts).
import { buildGraph, type DependencyGraph } from './dependency-graph.ts';
import type { Effect } from './effect.ts';
import type { BosunEvent } from './event.ts';
import { evolve } from './evolve.ts';
import type { Fleet, ServiceRecord } from './fleet.ts';
import type { Moment } from './input.ts';
import type { JobRecord } from './job.ts';
import type { JobId, ServiceName } from './names.ts';
import type { Calendar } from './schedule.ts';
import type { FleetSpec, ServiceSpec } from './service-spec.ts';

/** The specification with its graph, made once for each configuration. */
export type Model = {
  readonly spec: FleetSpec;
  readonly graph: DependencyGraph;
  readonly calendar: Calendar;
  /** The configuration that is on its way: what still runs by the old one is in `spec` until it has ended. */
  readonly target: FleetSpec | undefined;
};

export function createModel(spec: FleetSpec, calendar: Calendar, target?: FleetSpec): Model {
  return { spec, graph: buildGraph(spec.services), calendar, target };
}

export class Draft {
  readonly moment: Moment;
  readonly events: BosunEvent[] = [];
  readonly effects: Effect[] = [];
  /** Positions of the services whose next step may have changed. */
  readonly unsettled = new Set<number>();
  readonly #last: Effect[] = [];
  #model: Model;
  #fleet: Fleet;

  constructor(model: Model, fleet: Fleet, moment: Moment) {
    this.#model = model;
    this.moment = moment;
    this.#fleet = fleet;
  }

  get model(): Model {
    return this.#model;
  }

  /** Another configuration, and the event by which the records follow it: both or nothing, positions must agree. */
  configure(
    model: Model,
    configured: Omit<Extract<BosunEvent, { type: 'configured' }>, 'type' | 'services'>,
  ): void {
    this.#model = model;
    this.unsettled.clear();
    this.emit({ type: 'configured', services: model.spec.services.map(({ name }) => name), ...configured });
  }

  get fleet(): Fleet {
    return this.#fleet;
  }

  emit(event: BosunEvent): void {
    this.#fleet = evolve(this.#fleet, event);
    this.events.push(event);
    if ('service' in event) this.#unsettleAround(event.service);
    else if (!('job' in event)) this.#unsettleAll();
  }

  do(effect: Effect): void {
    this.effects.push(effect);
  }

  /** After everything that still follows in this decision: an answer, when what it answers for has been done. */
  doLast(effect: Effect): void {
    this.#last.push(effect);
  }

  get orderedEffects(): readonly Effect[] {
    return [...this.effects, ...this.#last];
  }

  indexOf(name: ServiceName): number | undefined {
    return this.#model.graph.indexOf.get(name);
  }

  spec(index: number): ServiceSpec {
    return present(this.#model.spec.services[index]);
  }

  record(index: number): ServiceRecord {
    return present(this.#fleet.services[index]);
  }

  job(id: JobId): JobRecord | undefined {
    return this.#fleet.jobs.findLast((record) => record.id === id);
  }

  #unsettleAround(name: ServiceName): void {
    const index = this.indexOf(name);
    if (index === undefined) return;
    this.unsettled.add(index);
    for (const dependent of this.#model.graph.dependents[index] ?? []) this.unsettled.add(dependent);
    for (const edge of this.#model.graph.dependencies[index] ?? []) this.unsettled.add(edge.index);
  }

  #unsettleAll(): void {
    for (const index of this.#model.spec.services.keys()) this.unsettled.add(index);
  }
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new RangeError('a position outside the specification');
  return value;
}
