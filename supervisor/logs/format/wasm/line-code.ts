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
  load64,
  load8,
  local,
  loop,
  minus,
  notBelow,
  plus,
  set,
  shiftLeft,
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

/** Where what is, in the memory of the module. */
export const PLACES = {
  /** Three words: where a loop has come to in the input, in the output, and in `marks`. */
  reached: 0,
  /** For each byte its `LETTER`. */
  letters: 256,
  /** For each byte that JSON escapes, eight: up to six that stand for it, and in the last how many they are. */
  escapes: 512,
  head: 1536,
  /** What goes into lines that are objects. */
  insertion: 2816,
  input: 4096,
  /** Two words for each line that may have a level: where it is in the input, and in the output. */
  marks: 73_728,
  output: 139_264,
  end: 655_360,
} as const;

/** What a line begins with, byte by byte, as far as level.ts looks for a level there. */
export const LETTER = { other: 0, time: 1, timeAfterDigit: 2, level: 3 } as const;

/** `line`: it begins with a brace, or has one of the bytes that the loop was told to stop at. `full`: there is no room for it. */
export const STOP = { done: 0, full: 1, line: 2 } as const;

const NEWLINE = 0x0a;
const QUOTE = 0x22;
const COLON = 0x3a;
const BACKSLASH = 0x5c;
const BRACE = 0x7b;
const FIRST_PRINTABLE = 0x20;
/** `"}` and a newline. */
const TAIL = 0x0a7d22;
const TAIL_BYTES = 3;

/** at, end, out, limit, headBytes. Each line begins at `out` in the output, which is not written to far beyond `limit`. */
const [at, end, out, limit, headBytes] = [local(0), local(1), local(2), local(3), local(4)];
const [stopBits] = [local(5)];

const CHUNK = 16;

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

/** What is written beyond the head is written over by the line. */
function copyHead(copied: Local): Code {
  return sequence(
    set(copied, 0),
    loop((again) => [
      store128(plus(out, copied), load128(plus(copied, PLACES.head))),
      increase(copied, CHUNK),
      when(below(copied, headBytes), branch(again)),
    ]),
    increase(out, headBytes),
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
        copyHead(copied),
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
  const [copied, line, lineOut, found, marks] = [local(6), local(7), local(8), local(9), local(10)];
  const [byte, chunk] = [local(11), local(12)];
  const special = [
    isNewline(chunk),
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
        copyHead(copied),
        markLevel(copied, byte, lineOut, marks),
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
  const copy = (source: Operand, bytes: Code): Code =>
    sequence(
      set(copied, 0),
      loop((again) => [
        store128(plus(to, copied), load128(plus(source, copied))),
        increase(copied, CHUNK),
        when(below(copied, bytes), branch(again)),
      ]),
      increase(to, bytes),
    );
  return {
    name: 'insertIntoLine',
    parameters: 6,
    locals: ['i32'],
    body: [
      copy(from, minus(brace, from)),
      copy(insertion, insertionBytes),
      copy(brace, minus(lineEnd, brace)),
      to,
    ],
  };
}

/** As level.ts skips what stands before a level; what it might find one in is put on the list. */
function markLevel(look: Local, letter: Local, lineOut: Local, marks: Local): Code {
  const colonAt = (index: number) => equal(load8(plus(at, index)), COLON);
  const inFirst = isNewline(load128(at));
  const inLast = isNewline(load128(plus(at, 3)));
  const hasTimestamp = [
    isDigit(load8(at)),
    colonAt(13),
    colonAt(16),
    isZero(highBits(bytesEither(inFirst, inLast))),
  ].reduce((some, more) => both(some, more));
  return sequence(
    set(look, at),
    when(hasTimestamp, increase(look, 19)),
    loop((again) => [
      set(letter, load8(plus(load8(look), PLACES.letters))),
      when(
        either(
          equal(letter, LETTER.time),
          both(equal(letter, LETTER.timeAfterDigit), isDigit(load8(minus(look, 1)))),
        ),
        increase(look, 1),
        branch(again),
      ),
    ]),
    when(
      above(letter, LETTER.time),
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
