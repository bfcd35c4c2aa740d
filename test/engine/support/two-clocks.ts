// A monotonic clock that a test moves, and a wall clock beside it that it sets: timers on either are due as they would be for real,
// those of the wall clock also when that clock is set.
import { setImmediate as turn } from 'node:timers/promises';
import type { ArmedTimer, ClockPort } from '../../../supervisor/engine/ports.ts';

type Timer = { readonly clock: 'monotonic' | 'wall'; readonly atMs: number; readonly callback: () => void };

export class TwoClocks implements ClockPort {
  #ms = 1000;
  #wallOffsetMs = Date.UTC(2030, 0, 1, 12);
  readonly #armed = new Set<Timer>();

  nowMs(): number {
    return this.#ms;
  }

  wallMs(): number {
    return this.#ms + this.#wallOffsetMs;
  }

  at(atMs: number, callback: () => void): ArmedTimer {
    return this.#arm({ clock: 'monotonic', atMs, callback });
  }

  atWall(atMs: number, callback: () => void): ArmedTimer {
    return this.#arm({ clock: 'wall', atMs, callback });
  }

  async setWall(byMs: number): Promise<void> {
    this.#wallOffsetMs += byMs;
    await this.#settle();
  }

  /** In steps no longer than 5 ms, so that two histories meet the same moments. */
  async pass(spanMs: number): Promise<void> {
    for (const endMs = this.#ms + spanMs; this.#ms < endMs;) {
      this.#ms = Math.min(endMs, this.#ms + 5, ...this.#next());
      await this.#settle();
    }
  }

  #next(): readonly number[] {
    const moments = [...this.#armed].map(({ clock, atMs }) =>
      clock === 'wall' ? atMs - this.#wallOffsetMs : atMs,
    );
    return moments.filter((ms) => ms > this.#ms);
  }

  #arm(timer: Timer): ArmedTimer {
    this.#armed.add(timer);
    return {
      cancel: () => {
        this.#armed.delete(timer);
      },
    };
  }

  async #settle(): Promise<void> {
    await turn();
    for (const timer of [...this.#armed]) {
      const nowMs = timer.clock === 'wall' ? this.wallMs() : this.#ms;
      if (timer.atMs > nowMs || !this.#armed.delete(timer)) continue;
      timer.callback();
    }
    await turn();
  }
}
