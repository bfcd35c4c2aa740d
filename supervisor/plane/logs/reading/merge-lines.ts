// The lines of several services in the order of their times, as far as they are there: one round takes every source to its end. Lines of one
// service stay in their order, whatever their times are.
import type { FilterLines } from './line-filter.ts';
import type { LineSource, LogGap, ReadLine } from './read-line.ts';

export type LogItem =
  { readonly kind: 'line'; readonly line: ReadLine } | { readonly kind: 'gap'; readonly gap: LogGap };

/** So many files are opened at once. */
const AT_ONCE = 16;

/** Ends when all of them are idle, or when the pattern of the filter is too slow, which it tells. */
export async function* mergeLines(
  sources: readonly LineSource[],
  filter: FilterLines,
): AsyncGenerator<readonly LogItem[], void, undefined> {
  const heads = sources.map((source) => new Head(source, filter));
  for (;;) {
    const dry = heads.filter((head) => head.wantsMore);
    for (let from = 0; from < dry.length; from += AT_ONCE)
      await Promise.all(dry.slice(from, from + AT_ONCE).map((head) => head.fill()));
    const gaps = dry.flatMap((head) => head.takeGaps());
    if (gaps.length > 0) yield gaps.map((gap) => ({ kind: 'gap', gap }));
    if (gaps.some(({ reason }) => reason === 'pattern-too-slow')) return;
    // Behind a gap there may be more.
    if (heads.some((head) => head.wantsMore)) continue;
    const full = heads.filter((head) => head.line !== undefined);
    if (full.length === 0) return;
    yield takeWhileAllAreThere(full);
  }
}

/** Up to where a line of one of them is missing of which nobody knows the time. */
function takeWhileAllAreThere(heads: readonly Head[]): readonly LogItem[] {
  const items: LogItem[] = [];
  for (;;) {
    const first = oldest(heads);
    if (first?.line === undefined) return items;
    items.push({ kind: 'line', line: first.line });
    first.drop();
    if (first.wantsMore) return items;
  }
}

function oldest(heads: readonly Head[]): Head | undefined {
  let found: Head | undefined;
  for (const head of heads)
    if (head.line !== undefined && (found === undefined || head.timeMs < found.timeMs)) found = head;
  return found;
}

class Head {
  readonly #source: LineSource;
  readonly #filter: FilterLines;
  #lines: readonly ReadLine[] = [];
  #at = 0;
  #gaps: LogGap[] = [];
  #state: 'more' | 'idle' = 'more';
  /** Of its last line: one without a time belongs there, and no line comes before one that was written before it. */
  timeMs = -Infinity;

  constructor(source: LineSource, filter: FilterLines) {
    this.#source = source;
    this.#filter = filter;
  }

  get line(): ReadLine | undefined {
    return this.#lines[this.#at];
  }

  get wantsMore(): boolean {
    return this.#state === 'more' && this.line === undefined;
  }

  drop(): void {
    this.#at += 1;
    this.#see();
  }

  /** Until there is a line, or something to tell, or the end. */
  async fill(): Promise<void> {
    while (this.wantsMore && this.#gaps.length === 0) {
      const { gap, lines, state } = await this.#source.next();
      if (gap !== undefined) this.#gaps.push(gap);
      this.#state = state;
      const wanted = this.#filter(lines);
      if (wanted === 'too-slow') {
        const { service } = this.#source;
        this.#gaps.push({ service, lines: lines.length, reason: 'pattern-too-slow' });
        return;
      }
      this.#lines = wanted;
      this.#at = 0;
      this.#see();
    }
  }

  takeGaps(): readonly LogGap[] {
    const gaps = this.#gaps;
    this.#gaps = [];
    return gaps;
  }

  #see(): void {
    this.timeMs = Math.max(this.timeMs, this.line?.timeMs ?? -Infinity);
  }
}
