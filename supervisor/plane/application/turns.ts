// One after the other: what is to be done with one application.

export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** When all that came before has ended, however it did. */
  async take<Result>(work: () => Promise<Result>): Promise<Result> {
    const mine = this.#last.then(work, work);
    this.#last = mine.catch(() => undefined);
    return await mine;
  }
}
