// How long a receiver that does not answer is left alone: twice as long after each failure, with jitter, so that many that have lost one
// receiver do not come back to it at once; longer when it says so itself.

export type BackOffOptions = { readonly firstMs: number; readonly mostMs: number };

/** Longer than that nobody is believed. */
const LONGEST_REQUEST_MS = 3_600_000;

export class BackOff {
  readonly #options: BackOffOptions;
  readonly #random: () => number;
  #failures = 0;

  constructor(options: BackOffOptions, random: () => number = Math.random) {
    this.#options = options;
    this.#random = random;
  }

  /** Half of the delay is certain. */
  next(retryAfterMs: number): number {
    const { firstMs, mostMs } = this.#options;
    const fullMs = Math.min(mostMs, firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    const ownMs = (fullMs * (1 + this.#random())) / 2;
    return Math.max(ownMs, Math.min(retryAfterMs, LONGEST_REQUEST_MS));
  }

  reset(): void {
    this.#failures = 0;
  }
}
