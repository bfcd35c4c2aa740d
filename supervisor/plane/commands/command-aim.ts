// What is waited for after start, stop, restart and reload: each of the services named, from how it was before the command.
import type { BosunEvent } from '../../core/event.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { judge, type ReloadEnd, type WaitedVerb } from './outcome.ts';
import type { Aim, Judgement } from './outcome-watch.ts';

export class CommandAim implements Aim {
  readonly failure = 'ends-it';
  readonly #view: FleetView;
  readonly #verb: WaitedVerb;
  /** The newest run of each before the command. */
  readonly #runsBefore: ReadonlyMap<string, number>;
  readonly #reloads = new Map<string, ReloadEnd>();

  /** `since`: the newest event before the command, which is held. What has happened from then on counts. */
  constructor(view: FleetView, verb: WaitedVerb, services: readonly string[], since: number) {
    this.#view = view;
    this.#verb = verb;
    const happened = view.events.since(since).map(({ event }) => event);
    this.#runsBefore = new Map(services.map((name) => [name, runBefore(view, name, happened)]));
    for (const event of happened) this.note(event);
  }

  note(event: BosunEvent): void {
    if (event.type === 'reload-finished') this.#reloads.set(event.service, event);
  }

  judge(): ReadonlyMap<string, Judgement> {
    return new Map([...this.#runsBefore].map(([name, run]) => [name, this.#judgeOne(name, run)]));
  }

  /** Those that have had another run since. */
  get started(): readonly string[] {
    return [...this.#runsBefore].flatMap(([name, runBefore]) =>
      (this.#view.find(name)?.record.lastRun ?? 0) > runBefore ? [name] : [],
    );
  }

  #judgeOne(name: string, runBefore: number): Judgement {
    const seen = this.#view.find(name);
    if (seen === undefined) return { kind: 'failed', why: 'it is gone' };
    const goal = { verb: this.#verb, runBefore, reload: this.#reloads.get(name) };
    return judge(goal, this.#view.fleet, seen, this.#view.histories.of(seen.record.name));
  }
}

/** Of what it has had since, the first run is newer by one at least than the one before. */
function runBefore(view: FleetView, name: string, happened: readonly BosunEvent[]): number {
  const first = happened.find(
    (event) => (event.type === 'starting' || event.type === 'going-down') && event.service === name,
  );
  return first !== undefined && 'run' in first ? first.run - 1 : (view.find(name)?.record.lastRun ?? 0);
}
