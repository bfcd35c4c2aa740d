// The lines of test/fixtures/log-writer.py wherever they are found and whatever is before them: whether each stream's numbers come in order.

export type Seen = { readonly lines: number; readonly first: number; readonly last: number };

/** What the writer says at its end. */
export type Written = { readonly o: number; readonly e: number; readonly longestMs: number };

const NUMBERED = /\b(w\d+ [oe]) (\d+) (x*)/;
const PADDING = 80;

export class NumberedLines {
  readonly #mode: 'whole' | 'gaps';
  readonly #seen = new Map<string, { lines: number; readonly first: number; last: number }>();
  #rest = '';

  /** `whole`: every number has to be there. */
  constructor(mode: 'whole' | 'gaps') {
    this.#mode = mode;
  }

  get seen(): Readonly<Record<string, Seen>> {
    return Object.fromEntries(this.#seen);
  }

  /** Throws at the first line that is cut or comes out of order. `other`: lines of somebody else. */
  take(bytes: Buffer, other: (line: string) => void): void {
    const lines = (this.#rest + bytes.toString('latin1')).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#see(line, other);
  }

  /** Throws if the last line is not whole. */
  end(): void {
    if (this.#rest !== '') throw new Error(`an unfinished line at the end: ${this.#rest.slice(0, 200)}`);
  }

  #see(line: string, other: (line: string) => void): void {
    const match = NUMBERED.exec(line);
    if (match === null) {
      other(line);
      return;
    }
    const [, key = '', digits = '', padding = ''] = match;
    const number = Number(digits);
    const seen = this.#seen.get(key) ?? { lines: 0, first: number, last: 0 };
    if (padding.length !== PADDING)
      throw new Error(`a line that is cut, after ${key} ${seen.last}: ${line.slice(0, 200)}`);
    const fits = this.#mode === 'whole' ? number === seen.last + 1 : number > seen.last;
    if (!fits) throw new Error(`${key} ${number} comes after ${key} ${seen.last}`);
    seen.lines++;
    seen.last = number;
    this.#seen.set(key, seen);
  }
}
