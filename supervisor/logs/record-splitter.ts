// From staged bytes to blocks, for a service whose records have several lines: a line that does not begin a record belongs to the one before it.
// Lines that are records of their own go out together, as without; a record of several lines is a block. What may not be complete stays where
// it is.
import { isAscii } from 'node:buffer';
import { stripVTControlCharacters } from 'node:util';
import type { MultilineSpec } from '../core/log-spec.ts';
import { MAX_LINE_BYTES } from '../core/plane-message.ts';
import { cutBlock, type Cut } from './block-splitter.ts';
import { PatternGuard } from './pattern-guard.ts';

const NEWLINE = 0x0a;
const ESCAPE = '\u001b';
/** Looked at first: most records of several lines end in it. */
const NEAR_BYTES = 8192;

/** `unfinished-record`: a record whose last line has no newline, and gets none any more. */
export type RecordCut = Cut | { readonly end: number; readonly ends: 'record' | 'unfinished-record' };

/** `timed-out`: nothing has come for so long that the lines that are there are a whole record. */
type Outlook = 'more' | 'end' | 'timed-out';

/** `open`: records of one line up to `from`; then, up to `end`, whole lines that more may belong to. */
type Found = Complete | Open;
type Complete = { readonly kind: 'lines' | 'record'; readonly end: number };
type Open = { readonly kind: 'open'; readonly from: number; readonly end: number; readonly lines: number };

/** Of one stream of one run. */
export class RecordSplitter {
  readonly #firstLine: RegExp;
  readonly #guard: PatternGuard;
  readonly #timeoutMs: number;
  #dueAtMs = Infinity;

  /** Throws where the pattern is none. */
  constructor({ firstLine, timeoutMs }: MultilineSpec, guard = PatternGuard.of(firstLine, () => undefined)) {
    this.#firstLine = new RegExp(firstLine, 'v');
    this.#guard = guard;
    this.#timeoutMs = timeoutMs;
  }

  /** The moment, by the clock of `hold`, from which on `timed-out` is what to cut by; Infinity: no whole line waits. */
  get dueAtMs(): number {
    return this.#dueAtMs;
  }

  /** `rest`: what is carried, or what a former thread has left; its time runs from now on. */
  hold(rest: Uint8Array, nowMs: number): void {
    this.#dueAtMs = rest.includes(NEWLINE) ? nowMs + this.#timeoutMs : Infinity;
  }

  /** Of the bytes from `start` on. */
  cut(staged: Buffer, start: number, outlook: Outlook): RecordCut {
    const window = Math.min(staged.length, start + MAX_LINE_BYTES + 1);
    const near = Math.min(window, start + NEAR_BYTES);
    const found = this.#find(staged, start, near);
    if (found.kind !== 'open') return complete(found);
    const all = near === window ? found : this.#find(staged, start, window);
    return all.kind === 'open' ? this.#cutOpen(all, staged, start, outlook) : complete(all);
  }

  #cutOpen({ from, end, lines }: Open, staged: Buffer, start: number, outlook: Outlook): RecordCut {
    if (from > start) return { end: from, ends: 'line' };
    if (lines === 0) return cutBlock(staged, start, outlook === 'end' ? 'end' : 'more');
    const whole = { end, ends: lines > 1 ? 'record' : 'line' } as const;
    // A longer record is cut.
    if (staged.length - start > MAX_LINE_BYTES || outlook === 'timed-out') return whole;
    if (outlook === 'more') return 'rest';
    if (end === staged.length || this.#begins(staged.toString('utf8', end))) return whole;
    return { end: staged.length, ends: 'unfinished-record' };
  }

  #find(staged: Buffer, start: number, limit: number): Found {
    const area = { staged, start, limit };
    if (!this.#guard.isLong(2)) return find(area, (line) => this.#begins(line));
    // Any line may take for ever: one limit for all of them, each would cost a fraction of a millisecond.
    const guarded = this.#guard.run(limit - start, () =>
      find(area, (line) => this.#firstLine.test(shown(line))),
    );
    return guarded.kind === 'known' ? guarded.result : find(area, () => true);
  }

  /** A line on which the pattern takes for ever is a record of its own. */
  #begins(line: string): boolean {
    const text = shown(line);
    const begins = this.#guard.run(text.length, () => this.#firstLine.test(text));
    return begins.kind === 'unknown' || begins.result;
  }
}

function complete({ kind, end }: Complete): RecordCut {
  return { end, ends: kind === 'lines' ? 'line' : 'record' };
}

type Area = { readonly staged: Buffer; readonly start: number; readonly limit: number };

function find({ staged, start, limit }: Area, beginsRecord: (line: string) => boolean): Found {
  // A character for each byte, so that positions are the same; decoded line by line where that makes a difference.
  const text = staged.toString('latin1', start, limit);
  const plain = isAscii(staged.subarray(start, limit));
  let from = 0;
  let lines = 0;
  let at = 0;
  for (let end = text.indexOf('\n', at); end >= 0; end = text.indexOf('\n', at)) {
    const line = plain ? text.slice(at, end) : staged.toString('utf8', start + at, start + end);
    const begins = beginsRecord(line);
    if (!begins && from > 0) return { kind: 'lines', end: start + from };
    if (begins && lines > 1) return { kind: 'record', end: start + at };
    if (begins) from = at;
    lines = begins ? 1 : lines + 1;
    at = end + 1;
  }
  return { kind: 'open', from: start + from, end: start + at, lines };
}

/** As people see the line: without colours, and without the carriage return of one that ends as on Windows. */
function shown(line: string): string {
  const text = line.includes(ESCAPE) ? stripVTControlCharacters(line) : line;
  return text.endsWith('\r') ? text.slice(0, -1) : text;
}
