// Looks in the lines of one pipe for what the engine waits for: each pattern is tried once on each line until it has matched, but for lines on
// which it might take for ever. It sees a line as people do, without colours and carriage returns. Knows nothing of what a match means.
import { stripVTControlCharacters } from 'node:util';
import type { WatchedLine } from '../core/plane-message.ts';
import type { Guarded, PatternGuard } from './pattern-guard.ts';

type Purpose = WatchedLine['purpose'];
type Watched = { readonly purpose: Purpose; readonly pattern: RegExp; readonly guard: PatternGuard };

const ESCAPE = 0x1b;
const NEWLINE = 0x0a;

export class LineWatch {
  readonly #onMatch: (purpose: Purpose) => void;
  #watched: readonly Watched[];

  constructor(
    lines: readonly WatchedLine[],
    listeners: {
      readonly onMatch: (purpose: Purpose) => void;
      /** The one of this pattern. Throws where it must not be used. */
      readonly guardOf: (pattern: string) => PatternGuard;
      /** Patterns are checked when the configuration is loaded; one that cannot be used must not cost the log. */
      readonly onUnusable: (pattern: string) => void;
    },
  ) {
    this.#onMatch = listeners.onMatch;
    this.#watched = lines.flatMap(({ purpose, pattern }) => {
      try {
        return [{ purpose, pattern: new RegExp(pattern, 'v'), guard: listeners.guardOf(pattern) }];
      } catch {
        listeners.onUnusable(pattern);
        return [];
      }
    });
  }

  /** It has matched, here or in the run's other stream. */
  drop(purpose: Purpose): void {
    this.#watched = this.#watched.filter((watched) => watched.purpose !== purpose);
  }

  /** Whole lines, or a piece of one. */
  see(block: Buffer): void {
    if (this.#watched.length === 0) return;
    const lines = visibleText(block)
      .split('\n')
      .map((text) => (text.endsWith('\r') ? text.slice(0, -1) : text));
    for (const watched of this.#watched) this.#look(watched, lines);
  }

  #look({ purpose, pattern, guard }: Watched, lines: readonly string[]): void {
    const isIn = (some: readonly string[]): boolean => some.some((line) => pattern.test(line));
    // One by one they would take a fraction of a millisecond each, where each may take long.
    const short = lines.filter(({ length }) => !guard.isLong(length));
    const long = lines.filter(({ length }) => guard.isLong(length));
    const longest = long.reduce((most, { length }) => Math.max(most, length), 0);
    const found = isIn(short) || (long.length > 0 && isFound(guard.run(longest, () => isIn(long))));
    if (found) this.#onMatch(purpose);
  }
}

function isFound(guarded: Guarded<boolean>): boolean {
  return guarded.kind === 'known' && guarded.result;
}

/** Without escape sequences. */
function visibleText(bytes: Buffer): string {
  const text = bytes.toString('utf8', 0, bytes.at(-1) === NEWLINE ? bytes.length - 1 : bytes.length);
  return bytes.includes(ESCAPE) ? stripVTControlCharacters(text) : text;
}
