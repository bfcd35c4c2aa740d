// Finds all needles in a block: a few short ones one after the other, else all of them in one pass, by the algorithm of Wu and Manber (University
// of Arizona, TR-94-17, 1994). There a window as long as the shortest needle is moved on by as much as its last two bytes allow, so that most
// bytes are never looked at. Bytes only. bench/logs/redaction.ts has the figures, also of what is not used.
import type { Span } from './span.ts';

/** Every occurrence, also of those that overlap. */
export type NeedleSearch = (bytes: Buffer) => readonly Span[];

/** Below it one search for each takes less time than windows as short as theirs. */
const NEEDLES_TIMES_WINDOW = 64;

const FEWEST_SLOTS = 4096;
const MOST_SLOTS = 16_384;
/** For each pair of bytes that is in a needle, so that most pairs in a text are in a slot of their own. */
const SLOTS_FOR_PAIR = 8;

/** `needles`: of 2 to 256 bytes, at least one. */
export function createNeedleSearch(needles: readonly Buffer[]): NeedleSearch {
  const windowBytes = needles.reduce((least, { length }) => Math.min(least, length), Infinity);
  if (needles.length * windowBytes < NEEDLES_TIMES_WINDOW) return (bytes) => findEach(bytes, needles);
  const windows = new Windows(needles, windowBytes);
  return (bytes) => windows.find(bytes);
}

function findEach(bytes: Buffer, needles: readonly Buffer[]): readonly Span[] {
  const spans: Span[] = [];
  for (const needle of needles)
    for (let start = bytes.indexOf(needle); start >= 0; start = bytes.indexOf(needle, start + 1))
      spans.push({ start, end: start + needle.length });
  return spans;
}

class Windows {
  readonly #bytes: number;
  /** By how much the window can be moved on, by its last two bytes. */
  readonly #shifts: Uint8Array;
  /** Of the slots without a shift: what may begin with the window. */
  readonly #needles: ReadonlyMap<number, readonly Buffer[]>;
  readonly #slotBits: number;

  constructor(needles: readonly Buffer[], windowBytes: number) {
    const pairs = needles.length * (windowBytes - 1);
    const slots = Math.min(MOST_SLOTS, Math.max(FEWEST_SLOTS, pairs * SLOTS_FOR_PAIR));
    this.#bytes = windowBytes;
    this.#slotBits = Math.ceil(Math.log2(slots)) - 8;
    this.#shifts = new Uint8Array(2 ** (this.#slotBits + 8)).fill(windowBytes - 1);
    for (const needle of needles) this.#allow(needle);
    this.#needles = Map.groupBy(needles, (needle) => this.#slotAt(needle, windowBytes - 1));
  }

  #allow(needle: Buffer): void {
    for (let at = 1; at < this.#bytes; at += 1) {
      const slot = this.#slotAt(needle, at);
      this.#shifts[slot] = Math.min(this.#shifts[slot] ?? 0, this.#bytes - 1 - at);
    }
  }

  #slotAt(bytes: Buffer, at: number): number {
    return (((bytes[at - 1] ?? 0) << this.#slotBits) ^ (bytes[at] ?? 0)) & (this.#shifts.length - 1);
  }

  find(bytes: Buffer): readonly Span[] {
    const spans: Span[] = [];
    const shifts = this.#shifts;
    const slotBits = this.#slotBits;
    const mask = shifts.length - 1;
    const { length } = bytes;
    let last = this.#bytes - 1;
    while (last < length) {
      // As #slotAt: a call here would double the time.
      const slot = (((bytes[last - 1] ?? 0) << slotBits) ^ (bytes[last] ?? 0)) & mask;
      const shift = shifts[slot] ?? 0;
      if (shift === 0) this.#compare(bytes, last - this.#bytes + 1, slot, spans);
      last += shift === 0 ? 1 : shift;
    }
    return spans;
  }

  #compare(bytes: Buffer, start: number, slot: number, spans: Span[]): void {
    for (const needle of this.#needles.get(slot) ?? [])
      if (isAt(bytes, start, needle)) spans.push({ start, end: start + needle.length });
  }
}

function isAt(bytes: Buffer, start: number, needle: Buffer): boolean {
  if (start + needle.length > bytes.length) return false;
  for (let at = 0; at < needle.length; at += 1) if (bytes[start + at] !== needle[at]) return false;
  return true;
}
