// The keeper of what only the engine can count (core/counter-board.ts): it makes the memory, counts, and shows it to the control plane. A service
// that is configured away is forgotten with its counters.
import {
  ANSWER,
  BOARD,
  BOARD_BYTES,
  PROBE,
  PROBE_AT,
  SERVICE_COUNTER_BYTES,
  USED,
  type ResourceUsage,
} from '../core/counter-board.ts';
import type { ProbePurpose } from '../core/event.ts';
import type { ProbeAnswer } from '../core/input.ts';
import type { FleetSpec } from '../core/service-spec.ts';

/** For the next process image. */
export type SavedCounters = {
  readonly board: Float64Array;
  readonly services: ReadonlyMap<string, Float64Array>;
};

export class Counters {
  readonly #board = new Float64Array(new SharedArrayBuffer(BOARD_BYTES));
  readonly #services = new Map<string, Float64Array>();

  constructor(spec: FleetSpec, saved?: SavedCounters) {
    if (saved !== undefined) restore(this.#board, saved.board);
    this.configured(spec);
    for (const [name, counters] of saved?.services ?? []) {
      const own = this.#services.get(name);
      if (own !== undefined) restore(own, counters);
    }
  }

  get saved(): SavedCounters {
    const services = [...this.#services].map(([name, counters]) => [name, counters.slice()] as const);
    return { board: this.#board.slice(), services: new Map(services) };
  }

  get board(): SharedArrayBuffer {
    return sharedOf(this.#board);
  }

  get services(): ReadonlyMap<string, SharedArrayBuffer> {
    return new Map([...this.#services].map(([name, counters]) => [name, sharedOf(counters)]));
  }

  configured({ services }: FleetSpec): void {
    const names = new Set<string>(services.map(({ name }) => name));
    for (const name of this.#services.keys()) if (!names.has(name)) this.#services.delete(name);
    for (const name of names)
      if (!this.#services.has(name))
        this.#services.set(name, new Float64Array(new SharedArrayBuffer(SERVICE_COUNTER_BYTES)));
  }

  count(what: keyof typeof BOARD, more: number): void {
    add(this.#board, BOARD[what], more);
  }

  /** Another run is asked anew: what the one before answered is not about it. */
  probing(service: string, purpose: ProbePurpose): void {
    const counters = this.#services.get(service);
    if (counters !== undefined) counters[PROBE_AT[purpose] + PROBE.answer] = ANSWER.none;
  }

  probed(service: string, purpose: ProbePurpose, answer: ProbeAnswer, tookMs: number): void {
    const counters = this.#services.get(service);
    if (counters === undefined) return;
    const at = PROBE_AT[purpose];
    add(counters, at + (answer.kind === 'ok' ? PROBE.passed : PROBE.failed), 1);
    add(counters, at + PROBE.seconds, tookMs / 1000);
    counters[at + PROBE.answer] = answer.kind === 'ok' ? ANSWER.passed : ANSWER.failed;
  }

  used(service: string, usage: ResourceUsage): void {
    const counters = this.#services.get(service);
    if (counters === undefined) return;
    for (const key of ['userSeconds', 'systemSeconds', 'readBytes', 'writtenBytes'] as const)
      add(counters, USED[key], usage[key]);
  }
}

function add(counters: Float64Array, index: number, more: number): void {
  counters[index] = (counters[index] ?? 0) + more;
}

function restore(own: Float64Array, saved: Float64Array): void {
  own.set(saved.subarray(0, own.length));
}

/** Made of one above. */
function sharedOf({ buffer }: Float64Array): SharedArrayBuffer {
  return buffer as SharedArrayBuffer;
}
