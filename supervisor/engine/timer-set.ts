// The armed timers of the engine: keeps them equal to what the state asks for (core/timers.ts). Owns no policy.
import type { ArmedTimer, ClockPort } from './ports.ts';

/** A moment on one of the two clocks. */
type DueTime = { readonly clock: 'monotonic' | 'wall'; readonly atMs: number };
type Armed = { readonly due: DueTime; readonly meaning: string; readonly timer: ArmedTimer };

export class TimerSet {
  readonly #clock: ClockPort;
  readonly #armed = new Map<string, Armed>();

  constructor(clock: ClockPort) {
    this.#clock = clock;
  }

  /** Arms under this key, instead of what was armed there; one with the same moment and meaning is left running. */
  arm(key: string, meaning: string, { clock, atMs }: DueTime, due: () => void): void {
    const armed = this.#armed.get(key);
    if (armed?.due.atMs === atMs && armed.due.clock === clock && armed.meaning === meaning) return;
    this.cancel(key);
    const callback = (): void => {
      this.#armed.delete(key);
      due();
    };
    const timer = clock === 'wall' ? this.#clock.atWall(atMs, callback) : this.#clock.at(atMs, callback);
    this.#armed.set(key, { due: { clock, atMs }, meaning, timer });
  }

  cancel(key: string): void {
    this.#armed.get(key)?.timer.cancel();
    this.#armed.delete(key);
  }
}
