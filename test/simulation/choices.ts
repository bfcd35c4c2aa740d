// A finite stream of choices that a schedule is made of. fast-check makes, replays and shrinks it; when it has run out every
// choice is 0, the calm one, so that a shrunk schedule is a simple one.

export class Choices {
  readonly #stream: readonly number[];
  #next = 0;

  constructor(stream: readonly number[]) {
    this.#stream = stream;
  }

  get exhausted(): boolean {
    return this.#next >= this.#stream.length;
  }

  /** 0 to bound - 1. */
  below(bound: number): number {
    return (this.#stream[this.#next++] ?? 0) % bound;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new RangeError('nothing to choose from');
    return picked;
  }
}
