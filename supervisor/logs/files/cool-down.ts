// After a failure: so long nothing is tried again. By a clock that may jump in both directions.
const COOL_DOWN_MS = 2000;

export class CoolDown {
  #sinceMs = -Infinity;

  begin(nowMs: number): void {
    this.#sinceMs = nowMs;
  }

  isOver(nowMs: number): boolean {
    return nowMs >= this.endsAtMs || nowMs < this.#sinceMs;
  }

  get endsAtMs(): number {
    return this.#sinceMs + COOL_DOWN_MS;
  }
}
