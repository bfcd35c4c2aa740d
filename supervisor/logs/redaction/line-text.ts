// One line as text, and where its characters are among its bytes. Bytes that are not UTF-8 become lone surrogates, one for each, as Python's
// `surrogateescape` does it (PEP 383): they cannot come from UTF-8, and so stand for themselves alone.
import { isUtf8 } from 'node:buffer';

const FIRST_ESCAPE = 0xdc00;
const ESCAPES = /[\udc80-\udcff]/u;

export type LineText = {
  readonly text: string;
  /** How many bytes the text between these two indices has. */
  readonly bytesBetween: (start: number, end: number) => number;
};

/** `block`: whether all of the block that the line is in is ASCII. */
export function readLineText(bytes: Buffer, start: number, end: number, block: 'ascii' | 'other'): LineText {
  if (block === 'ascii') return { text: bytes.toString('latin1', start, end), bytesBetween: difference };
  const line = bytes.subarray(start, end);
  const text = isUtf8(line) ? line.toString() : escapeInvalid(line);
  return { text, bytesBetween: (from, to) => byteLength(text.slice(from, to)) };
}

function difference(start: number, end: number): number {
  return end - start;
}

function byteLength(text: string): number {
  if (text.isWellFormed()) return Buffer.byteLength(text);
  let bytes = 0;
  for (const char of text) bytes += ESCAPES.test(char) ? 1 : Buffer.byteLength(char);
  return bytes;
}

function escapeInvalid(line: Buffer): string {
  let text = '';
  let at = 0;
  while (at < line.length) {
    const length = sequenceAt(line, at);
    text +=
      length === 0
        ? String.fromCharCode(FIRST_ESCAPE + (line[at] ?? 0))
        : line.toString('utf8', at, at + length);
    at += Math.max(1, length);
  }
  return text;
}

/** The length of the character that begins there; 0 when none does. */
function sequenceAt(line: Buffer, at: number): number {
  const lead = line[at] ?? 0;
  if (lead < 0x80) return 1;
  const length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  return isUtf8(line.subarray(at, at + length)) ? length : 0;
}
