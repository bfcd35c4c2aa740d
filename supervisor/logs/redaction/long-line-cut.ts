// Where a line that is too long may be cut, so that no secret is cut in two: each half would be shown. A function of the bytes alone.
import { createNeedleSearch } from './needle-search.ts';
import { needlesOf } from './needles.ts';

/** The greatest length of a first piece of `piece` that leaves no secret cut; all of it where there is no such length. */
export type LongLineCut = (piece: Buffer) => number;

/** `secrets`: as for the redactor, and prepared with the first long line. Undefined: it may be cut anywhere. */
export function createLongLineCut(secrets: readonly string[]): LongLineCut | undefined {
  if (secrets.length === 0) return undefined;
  let cut: LongLineCut | undefined;
  return (piece) => (cut ??= createCut(needlesOf(secrets)))(piece);
}

function createCut(needles: readonly Buffer[]): LongLineCut {
  if (needles.length === 0) return ({ length }) => length;
  const search = createNeedleSearch(needles);
  const byFirstByte = Map.groupBy(needles, ([first]) => first);
  const longest = needles.reduce((most, { length }) => Math.max(most, length), 0);
  return (piece) => {
    const spans = search(piece).toSorted((a, b) => a.start - b.start);
    let cut = beginOfUnfinished(piece, byFirstByte, longest);
    for (const { start, end } of spans.toReversed()) if (start < cut && cut < end) cut = start;
    return cut > 0 ? cut : piece.length;
  };
}

type ByFirstByte = ReadonlyMap<number | undefined, readonly Buffer[]>;

/** The first position from which on all that is left is the beginning of a secret; else the length. */
function beginOfUnfinished(piece: Buffer, byFirstByte: ByFirstByte, longest: number): number {
  const { length } = piece;
  for (let start = Math.max(0, length - longest + 1); start < length; start += 1) {
    const rest = piece.subarray(start);
    if (byFirstByte.get(rest[0])?.some((needle) => startsWith(needle, rest)) === true) return start;
  }
  return length;
}

function startsWith(needle: Buffer, bytes: Buffer): boolean {
  const { length } = bytes;
  return needle.length > length && needle.compare(bytes, 0, length, 0, length) === 0;
}
