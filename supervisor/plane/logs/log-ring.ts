// The newest lines of one service, up to a bound in bytes, for `bosunctl logs`.
import type { LogLine } from './log-line.ts';

/** What a line costs beside its bytes, roughly: the objects around it. */
const LINE_COST = 160;

export class LogRing {
  readonly #capacityBytes: number;
  #lines: LogLine[] = [];
  #start = 0;
  #usedBytes = 0;

  constructor(capacityBytes: number) {
    this.#capacityBytes = capacityBytes;
  }

  /** The line's bytes must be its own. */
  add(line: LogLine): void {
    this.#lines.push(line);
    this.#usedBytes += costOf(line);
    while (this.#usedBytes > this.#capacityBytes && this.#start < this.#lines.length - 1)
      this.#forgetOldest();
    if (this.#start > 64 && this.#start > this.#lines.length / 2) this.#compact();
  }

  /** The newest `count` lines, oldest first. */
  newest(count: number): readonly LogLine[] {
    return count <= 0 ? [] : this.#lines.slice(Math.max(this.#start, this.#lines.length - count));
  }

  #forgetOldest(): void {
    const oldest = this.#lines[this.#start];
    if (oldest !== undefined) this.#usedBytes -= costOf(oldest);
    this.#start += 1;
  }

  #compact(): void {
    this.#lines = this.#lines.slice(this.#start);
    this.#start = 0;
  }
}

function costOf(line: LogLine): number {
  return line.bytes.length + LINE_COST;
}
