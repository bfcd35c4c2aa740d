// Follows the view from before a command is given until its outcome is there, it has failed, or time is up.
// It begins before the command, because what follows from it may happen before the reply to it is seen.
import type { FleetView } from '../views/fleet-view.ts';
import { judge, type Judgement, type ReloadEnd, type WaitedVerb } from './outcome.ts';

export type WatchEnd =
  | { readonly kind: 'reached' }
  | { readonly kind: 'failed'; readonly service: string; readonly why: string }
  | { readonly kind: 'timeout'; readonly missing: readonly string[] }
  | { readonly kind: 'abandoned' };

export class OutcomeWatch {
  readonly #view: FleetView;
  readonly #verb: WaitedVerb;
  readonly #services: readonly string[];
  readonly #runsBefore: ReadonlyMap<string, number>;
  readonly #reloads = new Map<string, ReloadEnd>();
  readonly #unsubscribe: () => void;
  #onChange: () => void = () => undefined;

  constructor(view: FleetView, verb: WaitedVerb, services: readonly string[]) {
    this.#view = view;
    this.#verb = verb;
    this.#services = services;
    this.#runsBefore = new Map(services.map((name) => [name, view.find(name)?.record.lastRun ?? 0]));
    this.#unsubscribe = view.subscribe(({ event }) => {
      if (event.type === 'reload-finished') this.#reloads.set(event.service, event);
      this.#onChange();
    });
  }

  [Symbol.dispose](): void {
    this.#unsubscribe();
  }

  /** Call after the engine has accepted the command. `signal`: whoever asked is gone. Never rejects. */
  async outcome(timeoutMs: number, signal: AbortSignal): Promise<WatchEnd> {
    const { promise, resolve } = Promise.withResolvers<WatchEnd>();
    const abandon = (): void => {
      resolve({ kind: 'abandoned' });
    };
    const timer = setTimeout(() => {
      resolve({ kind: 'timeout', missing: this.#missing() });
    }, timeoutMs);
    signal.addEventListener('abort', abandon, { once: true });
    if (signal.aborted) abandon();
    this.#onChange = () => {
      const end = this.#judgeAll();
      if (end !== undefined) resolve(end);
    };
    this.#onChange();
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abandon);
    }
  }

  #judgeAll(): WatchEnd | undefined {
    let reached = true;
    for (const service of this.#services) {
      const judgement = this.#judgeOne(service);
      if (judgement.kind === 'failed') return { kind: 'failed', service, why: judgement.why };
      if (judgement.kind === 'pending') reached = false;
    }
    return reached ? { kind: 'reached' } : undefined;
  }

  #missing(): readonly string[] {
    return this.#services.filter((service) => this.#judgeOne(service).kind === 'pending');
  }

  #judgeOne(service: string): Judgement {
    const seen = this.#view.find(service);
    if (seen === undefined) return { kind: 'failed', why: 'it is gone' };
    const runBefore = this.#runsBefore.get(service) ?? 0;
    const goal = { verb: this.#verb, service, runBefore, reload: this.#reloads.get(service) };
    return judge(goal, this.#view.fleet, seen.record);
  }
}
