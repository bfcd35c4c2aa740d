// The counters of one service, in memory that outlives the thread.
import type { TALLY } from '../core/log-board.ts';

export class Tally {
  readonly #counters: BigInt64Array;

  constructor(shared: SharedArrayBuffer) {
    this.#counters = new BigInt64Array(shared);
  }

  add(counter: (typeof TALLY)[keyof typeof TALLY], count: number): void {
    if (count > 0) this.#counters[counter] = (this.#counters[counter] ?? 0n) + BigInt(count);
  }
}
