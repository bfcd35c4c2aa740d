// Finds what one pattern matches, in each line by itself. Only lines that hold what the pattern cannot do without are read as text, and where the
// pattern may take long it is given a limit. A line on which it does is given up: all of it counts as matched, since nobody knows what it holds.
import { isAscii } from 'node:buffer';
import { examinePattern, type PatternCost } from '../../core/pattern-cost.ts';
import { PatternGuard } from '../pattern-guard.ts';
import { readLineText, type LineText } from './line-text.ts';
import type { Span } from './span.ts';

const NEWLINE = 0x0a;
const CARRIAGE_RETURN = 0x0d;

const NONE: readonly Span[] = [];

class PatternSearch {
  readonly #pattern: RegExp;
  readonly #required: Buffer;
  readonly #guard: PatternGuard;

  /** `onGivenUp`: the pattern took too long once, and is not tried any more on lines on which it might again. */
  constructor(pattern: RegExp, cost: Extract<PatternCost, { kind: 'bounded' }>, onGivenUp: () => void) {
    this.#pattern = pattern;
    this.#required = Buffer.from(cost.required);
    this.#guard = new PatternGuard(cost.power, onGivenUp);
  }

  find(bytes: Buffer): readonly Span[] {
    let line = this.#nextLine(bytes, 0);
    if (line === undefined) return [];
    const spans: Span[] = [];
    const block = isAscii(bytes) ? 'ascii' : 'other';
    while (line !== undefined) {
      const end = bytes[line.end - 1] === CARRIAGE_RETURN ? line.end - 1 : line.end;
      this.#searchLine(readLineText(bytes, line.start, end, block), { start: line.start, end }, spans);
      line = this.#nextLine(bytes, line.end + 1);
    }
    return spans;
  }

  /** That could hold a match, without what ends it. */
  #nextLine(bytes: Buffer, from: number): Span | undefined {
    if (from >= bytes.length) return undefined;
    const at = this.#required.length === 0 ? from : bytes.indexOf(this.#required, from);
    if (at < 0) return undefined;
    const newline = bytes.indexOf(NEWLINE, at);
    return {
      start: at === from ? from : Math.max(from, bytes.lastIndexOf(NEWLINE, at) + 1),
      end: newline < 0 ? bytes.length : newline,
    };
  }

  #searchLine(text: LineText, { start, end }: Span, spans: Span[]): void {
    const found = this.#guard.run(text.text.length, () => this.#matchesIn(text));
    if (found.kind === 'unknown') spans.push({ start, end });
    else for (const match of found.result) spans.push({ start: start + match.start, end: start + match.end });
  }

  /** In bytes of the line. */
  #matchesIn({ text, bytesBetween }: LineText): readonly Span[] {
    // Most have none, and an iterator costs more than that.
    if (text.search(this.#pattern) < 0) return NONE;
    const spans: Span[] = [];
    let index = 0;
    let end = 0;
    for (const match of text.matchAll(this.#pattern)) {
      if (match[0] === '') continue;
      const start = end + bytesBetween(index, match.index);
      index = match.index + match[0].length;
      end = start + bytesBetween(match.index, index);
      spans.push({ start, end });
    }
    return spans;
  }
}

/** Undefined: it cannot be used, or must not be. */
export function createPatternSearch(pattern: string, onGivenUp: () => void): PatternSearch | undefined {
  try {
    const compiled = new RegExp(pattern, 'gv');
    const cost = examinePattern(pattern);
    return cost.kind === 'runaway' ? undefined : new PatternSearch(compiled, cost, onGivenUp);
  } catch {
    return undefined;
  }
}
