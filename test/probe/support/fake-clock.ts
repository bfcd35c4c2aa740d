// A monotonic clock that stands still until the test lets time pass, a millisecond at a time, with all that follows at once.
import { setImmediate as turn } from 'node:timers/promises';
import type { ProbeClock } from '../../../supervisor/probe/probe-loop.ts';

export class FakeClock implements ProbeClock {
  ms = 0;
  readonly #armed = new Map<() => void, number>();

  nowMs(): number {
    return this.ms;
  }

  at(atMs: number, callback: () => void): { cancel(): void } {
    const due = (): void => {
      callback();
    };
    this.#armed.set(due, atMs);
    return {
      cancel: () => {
        this.#armed.delete(due);
      },
    };
  }

  /** The timers that are armed, by their moment. */
  get armed(): readonly number[] {
    return [...this.#armed.values()];
  }

  async pass(spanMs: number): Promise<void> {
    for (let end = this.ms + spanMs; this.ms < end;) {
      await this.#settle();
      this.ms++;
    }
    await this.#settle();
  }

  /** To the next moment that something is armed for, however far away. */
  async leap(): Promise<void> {
    this.ms = Math.max(this.ms, Math.min(...this.#armed.values()));
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await turn();
    const due = [...this.#armed].filter(([, atMs]) => atMs <= this.ms);
    for (const [callback] of due) {
      this.#armed.delete(callback);
      callback();
    }
    await turn();
  }
}
