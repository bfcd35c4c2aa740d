// Bytes as a string whose every character is one byte, and back. Nothing is decoded, so that all bytes survive, and the string functions of V8,
// which are faster than any loop over bytes, can be used on them. ASCII looks as it is.
import { Buffer } from 'node:buffer';

export function toLatin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1');
}

/** The UTF-8 form of `text`. */
export function encodeLatin1(text: string): string {
  return Buffer.from(text).toString('latin1');
}
