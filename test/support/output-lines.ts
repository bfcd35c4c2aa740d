// The lines of a stream as they come, kept from the first byte, and waiting for one that fits.
import type { Readable } from 'node:stream';
import { within } from './deadline.ts';

export class OutputLines {
  readonly lines: string[] = [];
  #rest = '';
  #waiting: { readonly fits: (line: string) => boolean; readonly found: (line: string) => void }[] = [];

  constructor(stream: Readable) {
    stream.setEncoding('utf8');
    stream.on('data', (chunk: string) => {
      const parts = (this.#rest + chunk).split('\n');
      this.#rest = parts.pop() ?? '';
      for (const line of parts) this.#take(line);
    });
  }

  get text(): string {
    return [...this.lines, this.#rest].join('\n');
  }

  /** The first line that fits, also one that has come already. */
  async line(fits: RegExp | ((line: string) => boolean), limitMs?: number): Promise<string> {
    const test = typeof fits === 'function' ? fits : (line: string) => fits.test(line);
    const past = this.lines.find(test);
    if (past !== undefined) return past;
    const { promise, resolve } = Promise.withResolvers<string>();
    this.#waiting.push({ fits: test, found: resolve });
    return within(
      `a line like ${String(fits)}, after ${JSON.stringify(this.lines.slice(-5))}`,
      promise,
      limitMs,
    );
  }

  #take(line: string): void {
    this.lines.push(line);
    const met = this.#waiting.filter((waiting) => waiting.fits(line));
    this.#waiting = this.#waiting.filter((waiting) => !met.includes(waiting));
    for (const waiting of met) waiting.found(line);
  }
}
