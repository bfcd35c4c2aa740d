// Where lines begin and end in bytes.
const NEWLINE = 0x0a;

/** Whether a line begins at `at`. */
export function isBorder(bytes: Uint8Array, at: number): boolean {
  return at === 0 || bytes[at - 1] === NEWLINE;
}

/** The last position up to `at` where a line begins. */
export function borderUpTo(bytes: Uint8Array, at: number): number {
  return isBorder(bytes, at) ? at : bytes.lastIndexOf(NEWLINE, at - 1) + 1;
}

/** The first position after `at` where a line begins, or the end. */
export function borderAfter(bytes: Uint8Array, at: number): number {
  const newline = bytes.indexOf(NEWLINE, at);
  return newline < 0 ? bytes.length : newline + 1;
}
