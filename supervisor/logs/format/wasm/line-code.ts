// The two loops over the lines of a block, in WebAssembly, sixteen bytes at a time: each line gets its head, and in `jsonLines` what JSON escapes is
// escaped. They stop where more than that is needed. fast-lines.ts runs them and says what they are worth.
import {
  above,
  assemble,
  below,
  both,
  branch,
  bytesBelow,
  bytesBoth,
  bytesEither,
  bytesEqual,
  either,
  equal,
  everyByte,
  giveBack,
  highBits,
  increase,
  isZero,
  load128,
  load32,
  load64,
  load8,
  local,
  loop,
  minus,
  notBelow,
  plus,
  set,
  shiftLeft,
  shiftRight,
  store128,
  store32,
  store64,
  trailingZeros,
  when,
  type Code,
  type FunctionCode,
  type Local,
  type Operand,
} from './code.ts';
import { FIRST_LETTER, PLACES, STOP, TIME } from './layout.ts';

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COLON = 0x3a;
const LETTER_T = 0x54;
const LETTER_Z = 0x5a;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const FIRST_PRINTABLE = 0x20;
/** `"}` and a newline. */
const TAIL = 0x0a7d22;
const TAIL_BYTES = 3;

/** at, end, out, limit, headBytes. Each line begins at `out` in the output, which is not written to far beyond `limit`. */
const [at, end, out, limit, headBytes] = [local(0), local(1), local(2), local(3), local(4)];

const CHUNK = 16;
/** As level.ts has it. */
const TIMESTAMP = 19;

function stop(reason: number, input: Local, output: Local, marks: Operand): Code {
  const { reached } = PLACES;
  return sequence(
    store32(reached, input),
    store32(reached + 4, output),
    store32(reached + 8, marks),
    giveBack(reason),
  );
}

function sequence(...codes: readonly Code[]): Code {
  return (depth) => codes.flatMap((code) => code(depth));
}

/** Chunk by chunk: what is written too far is written over by what comes next. Moves `to` on. */
function copy(to: Local, from: Operand, bytes: Code, copied: Local): Code {
  return sequence(
    set(copied, 0),
    loop((again) => [
      store128(plus(to, copied), load128(plus(from, copied))),
      increase(copied, CHUNK),
      when(below(copied, bytes), branch(again)),
    ]),
    increase(to, bytes),
  );
}

const isNewline = (bytes: Code): Code => bytesEqual(bytes, everyByte(NEWLINE));

function plainLines(): FunctionCode {
  const [copied, line, lineOut, found, chunk] = [local(5), local(6), local(7), local(8), local(9)];
  return {
    name: 'plainLines',
    parameters: 5,
    locals: ['i32', 'i32', 'i32', 'i32', 'v128'],
    body: [
      loop((nextLine) => [
        set(line, at),
        set(lineOut, out),
        when(notBelow(at, end), stop(STOP.done, at, out, 0)),
        when(above(out, limit), stop(STOP.full, at, out, 0)),
        copy(out, PLACES.head, headBytes, copied),
        loop((nextChunk) => [
          when(above(out, limit), stop(STOP.full, line, lineOut, 0)),
          set(chunk, load128(at)),
          store128(out, chunk),
          set(found, highBits(isNewline(chunk))),
          when(isZero(found), increase(at, CHUNK), increase(out, CHUNK), branch(nextChunk)),
          set(found, plus(trailingZeros(found), 1)),
          increase(at, found),
          increase(out, found),
          branch(nextLine),
        ]),
      ]),
      STOP.done,
    ],
  };
}

function jsonLines(): FunctionCode {
  /** Bits that make a byte one to stop at. */
  const stopBits = local(5);
  const [copied, line, lineOut, found, marks] = [local(6), local(7), local(8), local(9), local(10)];
  const [byte, chunk] = [local(11), local(12)];
  /** The newline too. */
  const special = [
    bytesEqual(chunk, everyByte(QUOTE)),
    bytesEqual(chunk, everyByte(BACKSLASH)),
    bytesBelow(chunk, everyByte(FIRST_PRINTABLE)),
    bytesBoth(chunk, everyByte(stopBits)),
  ].reduce((some, more) => bytesEither(some, more));
  return {
    name: 'jsonLines',
    parameters: 6,
    locals: ['i32', 'i32', 'i32', 'i32', 'i32', 'i32', 'v128'],
    body: [
      set(marks, PLACES.marks),
      loop((nextLine) => [
        set(line, at),
        set(lineOut, out),
        when(notBelow(at, end), stop(STOP.done, at, out, marks)),
        when(above(out, limit), stop(STOP.full, at, out, marks)),
        when(equal(load8(at), BRACE), stop(STOP.line, at, out, marks)),
        copy(out, PLACES.head, headBytes, copied),
        markLevel({ look: copied, byte, letter: found, lineOut, marks }),
        loop((nextChunk) => [
          when(above(out, limit), stop(STOP.full, line, lineOut, marks)),
          set(chunk, load128(at)),
          store128(out, chunk),
          set(found, highBits(special)),
          when(isZero(found), increase(at, CHUNK), increase(out, CHUNK), branch(nextChunk)),
          set(found, trailingZeros(found)),
          increase(at, found),
          increase(out, found),
          set(byte, load8(at)),
          when(
            equal(byte, NEWLINE),
            store32(out, TAIL),
            increase(out, TAIL_BYTES),
            increase(at, 1),
            branch(nextLine),
          ),
          when(notBelow(byte, 0x80), stop(STOP.line, line, lineOut, marks)),
          set(byte, plus(shiftLeft(byte, 3), PLACES.escapes)),
          store64(out, load64(byte)),
          increase(out, load8(plus(byte, 7))),
          increase(at, 1),
          branch(nextChunk),
        ]),
      ]),
      STOP.done,
    ],
  };
}

/** The line from `from` to `end`, with what is at `insertion` in it at `brace`. Gives where the output ends. */
function insertIntoLine(): FunctionCode {
  const [from, brace, lineEnd, insertion] = [local(0), local(1), local(2), local(3)];
  const [insertionBytes, to, copied] = [local(4), local(5), local(6)];
  return {
    name: 'insertIntoLine',
    parameters: 6,
    locals: ['i32'],
    body: [
      copy(to, from, minus(brace, from), copied),
      copy(to, insertion, insertionBytes, copied),
      copy(to, brace, minus(lineEnd, brace), copied),
      to,
    ],
  };
}

type MarkLocals = Readonly<Record<'look' | 'byte' | 'letter' | 'lineOut' | 'marks', Local>>;

/** As level.ts skips what stands before a level; what it might find one in is put on the list. */
function markLevel({ look, byte, letter, lineOut, marks }: MarkLocals): Code {
  const colonAt = (index: number) => equal(load8(plus(at, index)), COLON);
  const hasTimestamp = [
    isDigit(load8(at)),
    colonAt(13),
    colonAt(16),
    // One of fewer than three characters has no level anyway.
    isZero(highBits(isNewline(load128(plus(at, TIMESTAMP - CHUNK))))),
  ].reduce((some, more) => both(some, more));
  const isTimeLetter = both(
    either(equal(byte, LETTER_T), equal(byte, LETTER_Z)),
    isDigit(load8(minus(look, 1))),
  );
  const before = load32(plus(PLACES.pairs, shiftLeft(load8(plus(look, 1)), 2)));
  return sequence(
    set(look, at),
    when(hasTimestamp, increase(look, TIMESTAMP)),
    loop((again) => [
      set(byte, load8(look)),
      set(letter, load8(plus(byte, PLACES.letters))),
      when(either(equal(letter, TIME), isTimeLetter), increase(look, 1), branch(again)),
    ]),
    when(
      both(notBelow(letter, FIRST_LETTER), both(shiftRight(before, minus(letter, FIRST_LETTER)), 1)),
      store32(marks, at),
      store32(plus(marks, 4), lineOut),
      increase(marks, 8),
    ),
  );
}

function isDigit(byte: Code): Code {
  return below(minus(byte, 0x30), 10);
}

export function createLineModule(): Uint8Array<ArrayBuffer> {
  return assemble([plainLines(), jsonLines(), insertIntoLine()]);
}
