// The counters of one service, in memory that outlives the thread.
import type { TALLY } from '../core/log-board.ts';

type Counter = (typeof TALLY)[keyof typeof TALLY];

export class Tally {
  readonly #counters: BigInt64Array;

  constructor(shared: SharedArrayBuffer) {
    this.#counters = new BigInt64Array(shared);
  }

  get(counter: Counter): bigint {
    return this.#counters[counter] ?? 0n;
  }

  set(counter: Counter, count: bigint): void {
    this.#counters[counter] = count;
  }
}
