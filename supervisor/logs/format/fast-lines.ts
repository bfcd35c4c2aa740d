// What wasm/line-code.ts makes of a block, as one piece of memory to be written. Where it stops, the caller says what stands for that line.
// Worth it: on 64 KiB of lines of 100 bytes heads are put in in 7 us instead of 41 by replaceAll, and JSON takes 22 instead of 105; it makes no
// garbage, and is fast from the first block on, where JavaScript is compiled late. To make one costs 5 ms, once.
import { copyBytes } from '../copy-bytes.ts';
import { Buffer } from 'node:buffer';
import { LEVEL_PAIRS, TIME_CHARACTERS, type Level } from './level.ts';
import { FIRST_LETTER, PLACES, STOP, TIME } from './wasm/layout.ts';
import { createLineModule } from './wasm/line-code.ts';

type WebAssemblyParts = {
  readonly Memory: new (size: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (bytes: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};
declare const WebAssembly: WebAssemblyParts;

type Loops = {
  plainLines(at: number, end: number, out: number, limit: number, headBytes: number): number;
  jsonLines(at: number, end: number, out: number, limit: number, headBytes: number, stopBits: number): number;
  insertIntoLine(
    from: number,
    at: number,
    end: number,
    insertion: number,
    bytes: number,
    out: number,
  ): number;
};

const PAGE_BYTES = 65_536;
const PAGES = PLACES.end / PAGE_BYTES;
/** Loops read and write a chunk too far. */
const CHUNK = 16;
const MOST_HEAD_BYTES = PLACES.insertion - PLACES.head - CHUNK;
const MOST_INSERTION_BYTES = PLACES.input - PLACES.insertion - CHUNK;
const MOST_INPUT_BYTES = PLACES.marks - PLACES.input - CHUNK;
const MARK_BYTES = 8;
/** More lines have no room in the output: with its head and tail a line of JSON is longer than 63 bytes. */
const MOST_MARKS = (PLACES.output - PLACES.marks) / MARK_BYTES;
/** What may be written beyond the limit beside a head. */
const BEYOND_LIMIT = 64;

/** Where the digit of the level is in `{"level":30,`, with which a head of JSON begins. */
const LEVEL_DIGIT = 9;

export type Stop = 'done' | 'line';

export class FastLines {
  readonly #memory: Buffer<ArrayBuffer>;
  readonly #reached: Int32Array;
  readonly #marks: Int32Array;
  readonly #loops: Loops;
  #headBytes = 0;
  #insertionBytes = 0;
  #at: number = PLACES.input;
  #end: number = PLACES.input;
  #out: number = PLACES.output;
  /** What did not fit any more. */
  #former: Buffer[] = [];

  constructor() {
    const memory = new WebAssembly.Memory({ initial: PAGES, maximum: PAGES });
    const module = new WebAssembly.Module(createLineModule());
    this.#loops = new WebAssembly.Instance(module, { env: { memory } }).exports as Loops;
    this.#memory = Buffer.from(memory.buffer);
    this.#reached = new Int32Array(memory.buffer, PLACES.reached, 3);
    this.#marks = new Int32Array(memory.buffer, PLACES.marks, MOST_MARKS * 2);
    fillTables(this.#memory);
  }

  /** `insertion`: what `putLineWith` inserts. `refused`: something is too long, as lines can be since values in them were masked. */
  begin(lines: Uint8Array, head: string, insertion: string): 'begun' | 'refused' {
    if (lines.length > MOST_INPUT_BYTES || insertion.length > MOST_INSERTION_BYTES) return 'refused';
    if (this.setHead(head) === 'refused') return 'refused';
    this.#insertionBytes = this.#memory.write(insertion, PLACES.insertion, 'latin1');
    copyBytes(lines, this.#memory, PLACES.input);
    this.#at = PLACES.input;
    this.#end = PLACES.input + lines.length;
    this.#out = PLACES.output;
    this.#former = [];
    return 'begun';
  }

  /** From now on. `refused`: it is too long. */
  setHead(head: string): 'set' | 'refused' {
    if (head.length > MOST_HEAD_BYTES) return 'refused';
    this.#headBytes = this.#memory.write(head, PLACES.head, 'latin1');
    return 'set';
  }

  /** Of the next line that is to be handled. */
  get start(): number {
    return this.#at - PLACES.input;
  }

  /** The head before each line that begins before `end`. */
  putHeads(end: number): this {
    const to = PLACES.input + end;
    for (;;) {
      const stop = this.#loops.plainLines(this.#at, to, this.#out, this.#limit, this.#headBytes);
      this.#goOn();
      if (stop === STOP.done) return this;
      this.#makeRoom();
    }
  }

  /**
   * The head before each line, `"}` behind it, and what is between escaped. `line`: the one at `start` begins with a brace, or is not ASCII
   * and `other` is 'stops'. `levelOf` is asked for lines that may have one, by where they begin.
   */
  putJson(other: 'passes' | 'stops', levelOf: (start: number) => Level): Stop {
    const bits = other === 'stops' ? 0x80 : 0;
    for (;;) {
      const stop = this.#loops.jsonLines(this.#at, this.#end, this.#out, this.#limit, this.#headBytes, bits);
      this.#goOn();
      this.#setLevels(levelOf);
      if (stop !== STOP.full) return stop === STOP.done ? 'done' : 'line';
      this.#makeRoom();
    }
  }

  /** Instead of what is between `start` and `end`, which is the new start. */
  putText(text: string, end: number): void {
    this.#at = PLACES.input + end;
    if (text.length > PLACES.end - this.#out) this.#makeRoom();
    if (text.length > PLACES.end - this.#out) this.#former.push(Buffer.from(text, 'latin1'));
    else this.#out += this.#memory.write(text, this.#out, 'latin1');
  }

  /** The line up to `end`, which is the new start, with the insertion at `at`, the first `skipped` bytes of it excepted. */
  putLineWith(skipped: number, at: number, end: number): void {
    const from = this.#at;
    this.#at = PLACES.input + end;
    const bytes = this.#insertionBytes - skipped;
    if (this.#at - from + bytes + BEYOND_LIMIT > PLACES.end - this.#out) this.#makeRoom();
    this.#out = this.#loops.insertIntoLine(
      from,
      PLACES.input + at,
      this.#at,
      PLACES.insertion + skipped,
      bytes,
      this.#out,
    );
  }

  /** All that was put. Valid until the next `begin`. */
  take(): Uint8Array {
    if (this.#former.length === 0) return this.#memory.subarray(PLACES.output, this.#out);
    this.#makeRoom();
    const all = Buffer.concat(this.#former);
    this.#former = [];
    return all;
  }

  get #limit(): number {
    return PLACES.end - this.#headBytes - BEYOND_LIMIT;
  }

  #goOn(): void {
    this.#at = this.#reached[0] ?? 0;
    this.#out = this.#reached[1] ?? 0;
  }

  #makeRoom(): void {
    this.#former.push(Buffer.from(this.#memory.subarray(PLACES.output, this.#out)));
    this.#out = PLACES.output;
  }

  /** One digit is written over: all heads have the level of most lines. That of a line that it has stopped at is behind the output. */
  #setLevels(levelOf: (start: number) => Level): void {
    const count = ((this.#reached[2] ?? 0) - PLACES.marks) / MARK_BYTES;
    for (let index = 0; index < count; index += 1) {
      const start = (this.#marks[2 * index] ?? 0) - PLACES.input;
      const digit = 0x30 + levelOf(start) / 10;
      this.#memory[(this.#marks[2 * index + 1] ?? 0) + LEVEL_DIGIT] = digit;
    }
  }
}

function fillTables(memory: Buffer): void {
  for (const character of TIME_CHARACTERS) memory[PLACES.letters + character.charCodeAt(0)] = TIME;
  const firsts = [...new Set(LEVEL_PAIRS.map((pair) => pair.charCodeAt(0)))];
  for (const [bit, code] of firsts.entries()) memory[PLACES.letters + code] = FIRST_LETTER + bit;
  for (const pair of LEVEL_PAIRS) {
    const place = PLACES.pairs + 4 * pair.charCodeAt(1);
    memory.writeInt32LE(memory.readInt32LE(place) | (1 << firsts.indexOf(pair.charCodeAt(0))), place);
  }
  for (let code = 0; code < 0x80; code += 1) {
    const escaped = JSON.stringify(String.fromCharCode(code)).slice(1, -1);
    const entry = PLACES.escapes + MARK_BYTES * code;
    memory.write(escaped, entry);
    memory[entry + MARK_BYTES - 1] = escaped.length;
  }
}
