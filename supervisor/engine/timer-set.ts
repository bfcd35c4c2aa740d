// The armed timers of the engine: keeps them equal to what the state asks for (core/timers.ts). Owns no policy.
import type { ArmedTimer, ClockPort } from './ports.ts';

type Armed = { readonly atMs: number; readonly meaning: string; readonly timer: ArmedTimer };

export class TimerSet {
  readonly #clock: ClockPort;
  readonly #armed = new Map<string, Armed>();

  constructor(clock: ClockPort) {
    this.#clock = clock;
  }

  /** Arms under this key, instead of what was armed there; one with the same moment and meaning is left running. */
  arm(key: string, meaning: string, atMs: number, due: () => void): void {
    const armed = this.#armed.get(key);
    if (armed?.atMs === atMs && armed.meaning === meaning) return;
    this.cancel(key);
    const timer = this.#clock.at(atMs, () => {
      this.#armed.delete(key);
      due();
    });
    this.#armed.set(key, { atMs, meaning, timer });
  }

  cancel(key: string): void {
    this.#armed.get(key)?.timer.cancel();
    this.#armed.delete(key);
  }
}
