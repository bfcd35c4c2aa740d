// Looking again and again, less and less often, at what no event tells: the end of a process that is somebody else's child.
// Nothing runs while there is nothing to look for.

const FIRST_MS = 10;
const LAST_MS = 250;

export class RepeatedLook {
  readonly #look: () => 'again' | 'enough';
  #timer: NodeJS.Timeout | undefined;
  #nextMs = FIRST_MS;

  constructor(look: () => 'again' | 'enough') {
    this.#look = look;
  }

  /** Now, and then for as long as it is not enough. */
  now(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#look() === 'enough') this.#nextMs = FIRST_MS;
    else this.soon();
  }

  /** The same, but not at once. */
  soon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.now();
    }, this.#nextMs);
    this.#nextMs = Math.min(this.#nextMs * 2, LAST_MS);
  }
}
