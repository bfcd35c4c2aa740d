// Looks in the lines of one pipe for what the engine waits for: each pattern is tried once on each line until it has matched.
// A pattern sees a line as people do, without colours and carriage returns. Knows nothing of what a match means.
import { stripVTControlCharacters } from 'node:util';
import type { WatchedLine } from '../core/plane-message.ts';

type Purpose = WatchedLine['purpose'];
type Watched = { readonly purpose: Purpose; readonly pattern: RegExp };

const ESCAPE = 0x1b;
const NEWLINE = 0x0a;

export class LineWatch {
  readonly #onMatch: (purpose: Purpose) => void;
  #watched: readonly Watched[];

  constructor(
    lines: readonly WatchedLine[],
    listeners: {
      readonly onMatch: (purpose: Purpose) => void;
      /** Patterns are checked when the configuration is loaded; one that cannot be used must not cost the log. */
      readonly onUnusable: (pattern: string) => void;
    },
  ) {
    this.#onMatch = listeners.onMatch;
    this.#watched = lines.flatMap(({ purpose, pattern }) => {
      const compiled = compile(pattern);
      if (compiled === undefined) listeners.onUnusable(pattern);
      return compiled === undefined ? [] : [{ purpose, pattern: compiled }];
    });
  }

  /** It has matched, here or in the run's other stream. */
  drop(purpose: Purpose): void {
    this.#watched = this.#watched.filter((watched) => watched.purpose !== purpose);
  }

  /** Whole lines, or a piece of one. */
  see(block: Buffer): void {
    if (this.#watched.length === 0) return;
    for (const text of visibleText(block).split('\n')) {
      const line = text.endsWith('\r') ? text.slice(0, -1) : text;
      for (const { purpose, pattern } of this.#watched) if (pattern.test(line)) this.#onMatch(purpose);
    }
  }
}

function compile(pattern: string): RegExp | undefined {
  try {
    return new RegExp(pattern, 'v');
  } catch {
    return undefined;
  }
}

/** Without escape sequences. */
function visibleText(bytes: Buffer): string {
  const text = bytes.toString('utf8', 0, bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length);
  return bytes.includes(ESCAPE) ? stripVTControlCharacters(text) : text;
}
