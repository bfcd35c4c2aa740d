// What is waited for after another configuration was applied: nothing lives by the old one any more, and everything that is new,
// or was restarted for it, is up or has failed. What was not touched does not count, however it is.
import { unmetDependencies } from '../../core/dependency-verdict.ts';
import { isLive } from '../../core/service-state.ts';
import type { PlanView } from '../../wire/plan-view.ts';
import { isIdle } from '../configuration/plan.ts';
import type { FleetView, SeenService } from '../views/fleet-view.ts';
import { isReady } from '../views/service-projection.ts';
import type { Aim, Judgement } from './outcome-watch.ts';

const REACHED: Judgement = { kind: 'reached' };
const PENDING: Judgement = { kind: 'pending' };

export class TransitionAim implements Aim {
  readonly failure = 'waits-for-others';
  readonly #view: FleetView;
  readonly #touched = new Set<string>();

  constructor(view: FleetView, plan: PlanView) {
    this.#view = view;
    for (const { service, kind } of plan.changes) {
      // One that has not been started may be started by what it waits for now.
      const idle = isIdle(view.find(service)?.record.state.kind ?? 'stopped');
      if (kind !== 'updated' || idle) this.#touched.add(service);
    }
  }

  note(): void {
    // The state says it all.
  }

  judge(): ReadonlyMap<string, Judgement> {
    // What an earlier configuration has set going is waited for too.
    for (const { record } of this.#view.all())
      if (record.configured !== 'current') this.#touched.add(record.name);
    for (const name of this.#touched)
      for (const follower of this.#followers(name)) this.#touched.add(follower);
    return new Map([...this.#touched].map((name) => [name, this.#judgeOne(this.#view.find(name))]));
  }

  /** Those that are there and were touched, for the answer. */
  get services(): readonly SeenService[] {
    return [...this.#touched].flatMap((name) => this.#view.find(name) ?? []);
  }

  /** What says `restart: true` at a dependency is restarted after it. */
  #followers(name: string): readonly string[] {
    const { graph, fleet } = this.#view;
    const on = this.#view.find(name)?.index;
    return (graph.dependents[on ?? -1] ?? []).flatMap((index) => {
      const follows = graph.dependencies[index]?.some(
        (edge) => edge.index === on && edge.dependency.onRestart === 'follow',
      );
      const record = fleet.services[index];
      return follows === true && record !== undefined ? [record.name] : [];
    });
  }

  #judgeOne(seen: SeenService | undefined): Judgement {
    // It was removed, and is gone.
    if (seen === undefined) return REACHED;
    const { spec, record } = seen;
    if (this.#view.fleet.phase.kind !== 'up') return failed('the container is being stopped');
    if (record.configured !== 'current' || this.#isToFollow(seen)) return PENDING;
    if (record.wanted === 'down' || record.state.kind === 'skipped') return REACHED;
    if (isReady(spec, record.state)) return REACHED;
    if (record.state.kind === 'failed') return failed('it has failed');
    if (record.state.kind === 'backoff') return failed('it did not become ready');
    return record.state.kind === 'waiting' ? this.#judgeWaiting(seen) : PENDING;
  }

  #isToFollow({ index, record: { state } }: SeenService): boolean {
    if (!isLive(state)) return false;
    return (this.#view.graph.dependencies[index] ?? []).some(({ dependency, index: on }) => {
      const record = this.#view.fleet.services[on];
      if (dependency.onRestart !== 'follow' || record === undefined) return false;
      // What it would follow does not come.
      const lost = record.state.kind === 'failed' || record.state.kind === 'backoff';
      return !lost && record.lastRun > state.run;
    });
  }

  #judgeWaiting({ index }: SeenService): Judgement {
    const unmet = unmetDependencies(this.#view.graph, this.#view.fleet, index);
    const blocking = unmet.find(({ verdict }) => verdict === 'blocked');
    return blocking === undefined ? PENDING : failed(`it waits for ${blocking.record.name}`);
  }
}

function failed(why: string): Judgement {
  return { kind: 'failed', why };
}
