// The lines of a text as they stand in a JSON string, one after the other. Where no quotes and backslashes are, all of them are escaped in one
// call of JSON.stringify, which is several times as fast as a call for each.

/** What a newline becomes. Nothing else does where no backslash was before. */
const NEWLINE = '\\n';

export class EscapedLines {
  readonly #text: string;
  readonly #way: 'together' | 'one by one';
  /** From the line on that was first asked for. */
  #escaped = '';
  #at = 0;

  /** Each line with its newline. */
  constructor(text: string) {
    this.#text = text;
    this.#way = text.includes('"') || text.includes('\\') ? 'one by one' : 'together';
  }

  /** The next line, which is the one from `start` to `end`. */
  take(start: number, end: number): string {
    if (this.#way === 'one by one') return JSON.stringify(this.#text.slice(start, end)).slice(1, -1);
    if (this.#at === 0) this.#begin(start);
    const from = this.#at;
    const guess = from + end - start;
    // It is there when nothing in the line was escaped.
    const to = this.#escaped.startsWith(NEWLINE, guess) ? guess : this.#escaped.indexOf(NEWLINE, from);
    this.#at = to + NEWLINE.length;
    return this.#escaped.slice(from, to);
  }

  /** Nobody needs the next line. */
  skip(): void {
    if (this.#at > 0) this.#at = this.#escaped.indexOf(NEWLINE, this.#at) + NEWLINE.length;
  }

  #begin(start: number): void {
    this.#escaped = JSON.stringify(this.#text.slice(start));
    this.#at = 1;
  }
}
