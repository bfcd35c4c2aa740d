// WebAssembly, written as expressions of TypeScript: each function below gives the bytes of one instruction with its operands, in the binary format
// of the specification (webassembly.github.io/spec/core/binary). Has what the loops over lines need, and knows nothing of lines.
import { Buffer } from 'node:buffer';

type Bytes = readonly number[];

/** Instructions; how they are written depends on how many blocks are around them. */
export type Code = (depth: number) => Bytes;
/** A number is a constant of type i32. */
export type Operand = Code | number;
/** As an operand it is what it holds. */
export type Local = Code & { readonly index: number };
/** Of a block or a loop. */
export type Label = { readonly depth: number };

const NOTHING = 0x40;
const END = 0x0b;
const SIMD = 0xfd;

/** LEB128. */
function unsigned(value: number): Bytes {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >>> 7)];
}

function signed(value: number): Bytes {
  const isLast = value >= -0x40 && value < 0x40;
  return isLast ? [value & 0x7f] : [(value & 0x7f) | 0x80, ...signed(value >> 7)];
}

function write(depth: number, parts: readonly Operand[]): Bytes {
  return parts.flatMap((part) => (typeof part === 'number' ? [0x41, ...signed(part)] : part(depth)));
}

function operation(...opcode: Bytes) {
  return (...operands: readonly Operand[]): Code =>
    (depth) => [...write(depth, operands), ...opcode];
}

/** No alignment is promised, no offset is added. */
function access(...opcode: Bytes) {
  return operation(...opcode, 0, 0);
}

export function local(index: number): Local {
  return Object.assign(() => [0x20, index], { index });
}

export function set({ index }: Local, value: Operand): Code {
  return (depth) => [...write(depth, [value]), 0x21, index];
}

export function increase(target: Local, by: Operand): Code {
  return set(target, plus(target, by));
}

export const plus = operation(0x6a);
export const minus = operation(0x6b);
export const both = operation(0x71);
export const either = operation(0x72);
export const shiftLeft = operation(0x74);
export const shiftRight = operation(0x76);
export const trailingZeros = operation(0x68);
export const isZero = operation(0x45);
export const equal = operation(0x46);
export const below = operation(0x49);
export const above = operation(0x4b);
export const notBelow = operation(0x4f);

export const load8 = access(0x2d);
export const load32 = access(0x28);
export const load64 = access(0x29);
export const store32 = access(0x36);
export const store64 = access(0x37);

/** Sixteen bytes at once. */
export const load128 = access(SIMD, 0x00);
export const store128 = access(SIMD, 0x0b);
export const everyByte = operation(SIMD, 0x0f);
export const bytesEqual = operation(SIMD, 0x23);
export const bytesBelow = operation(SIMD, 0x26);
export const bytesBoth = operation(SIMD, 0x4e);
export const bytesEither = operation(SIMD, 0x50);
/** Of each byte its highest. */
export const highBits = operation(SIMD, 0x64);

/** Ends the function. */
export const giveBack = operation(0x0f);

export function when(condition: Code, ...then: readonly Code[]): Code {
  return (depth) => [...condition(depth), 0x04, NOTHING, ...write(depth + 1, then), END];
}

/** Ends with its body, unless that branches to the label: then it goes round once more. */
export function loop(body: (again: Label) => readonly Code[]): Code {
  return (depth) => {
    const label = { depth: depth + 1 };
    return [0x03, NOTHING, ...write(depth + 1, body(label)), END];
  };
}

export function branch(label: Label): Code {
  return (depth) => [0x0c, ...unsigned(depth - label.depth)];
}

const TYPES = { i32: 0x7f, v128: 0x7b } as const;

/** Its parameters are i32, and so is what it gives. `locals` are counted on from the parameters. */
export type FunctionCode = {
  readonly name: string;
  readonly parameters: number;
  readonly locals: readonly (keyof typeof TYPES)[];
  readonly body: readonly Operand[];
};

/** A module that exports the functions and imports its memory, of at least one page, as `env.memory`. */
export function assemble(functions: readonly FunctionCode[]): Uint8Array<ArrayBuffer> {
  const types = functions.map(({ parameters }) => [
    0x60,
    ...vector(Array.from({ length: parameters }, () => [TYPES.i32])),
    ...vector([[TYPES.i32]]),
  ]);
  const indices = functions.map((_, index) => unsigned(index));
  const exported = functions.map(({ name }, index) => [...text(name), 0x00, ...unsigned(index)]);
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, types),
    ...section(2, [[...text('env'), ...text('memory'), 0x02, 0x00, 0x01]]),
    ...section(3, indices),
    ...section(7, exported),
    ...section(10, functions.map(codeOf)),
  ]);
}

function codeOf({ locals, body }: FunctionCode): Bytes {
  const declared = vector(locals.map((type) => [1, TYPES[type]]));
  return sized([...declared, ...write(0, body), END]);
}

function section(id: number, entries: readonly Bytes[]): Bytes {
  return [id, ...sized(vector(entries))];
}

function vector(entries: readonly Bytes[]): Bytes {
  return [...unsigned(entries.length), ...entries.flat()];
}

function sized(bytes: Bytes): Bytes {
  return [...unsigned(bytes.length), ...bytes];
}

function text(value: string): Bytes {
  return sized([...Buffer.from(value)]);
}
