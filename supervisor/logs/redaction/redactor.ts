// Masks a service's secrets in its lines. One line never becomes two or none, and all other bytes stay as they are. What it does not find is in
// docs/how-to/keep-secrets-out-of-logs.md.
import type { Redact } from '../ports.ts';
import { createNeedleSearch } from './needle-search.ts';
import { needlesOf } from './needles.ts';
import { createPatternSearch } from './pattern-search.ts';
import { maskSpans, mergeSpans, type Span } from './span.ts';

export type RedactorOptions = {
  /** Values; those of less than 4 bytes are not masked. */
  readonly secrets: readonly string[];
  /** Regular expressions (flag v), tried on each line by itself. */
  readonly patterns: readonly string[];
  /** Patterns are checked when the configuration is loaded; one that cannot be used is told once, and the others are. */
  readonly onUnusable?: (pattern: string) => void;
  /** It took too long on a line: that line is masked as a whole, and from now on all those on which it might again. */
  readonly onGivenUp?: (pattern: string) => void;
};

type Find = (bytes: Buffer) => readonly Span[];

const NOTHING_TO_DO: Redact = (bytes) => ({ bytes, masked: 0 });

export function createRedactor(options: RedactorOptions): Redact {
  const finds = [...findSecrets(options.secrets), ...findPatterns(options)];
  if (finds.length === 0) return NOTHING_TO_DO;
  return (bytes) => {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const spans = finds.flatMap((find) => find(buffer));
    if (spans.length === 0) return { bytes, masked: 0 };
    const merged = mergeSpans(spans);
    return { bytes: maskSpans(bytes, merged), masked: merged.length };
  };
}

/** Prepared with the first line: a service that has not said anything costs no memory. */
function findSecrets(secrets: readonly string[]): readonly Find[] {
  if (secrets.length === 0) return [];
  let find: Find | undefined;
  return [(bytes) => (find ??= createFind(needlesOf(secrets)))(bytes)];
}

function createFind(needles: readonly Buffer[]): Find {
  return needles.length === 0 ? () => [] : createNeedleSearch(needles);
}

function findPatterns({ patterns, onUnusable, onGivenUp }: RedactorOptions): readonly Find[] {
  return patterns.flatMap((pattern) => {
    const search = createPatternSearch(pattern, () => onGivenUp?.(pattern));
    if (search === undefined) onUnusable?.(pattern);
    return search === undefined ? [] : [(bytes: Buffer) => search.find(bytes)];
  });
}
