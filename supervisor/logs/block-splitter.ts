// From staged bytes to blocks of whole lines. Works on bytes, so that whatever a service writes comes out as it went in. A line beyond 64 KiB
// is cut, between characters where it is UTF-8, and every piece but the last says so. A pure function: after a crash the next thread cuts alike.
import { MAX_LINE_BYTES } from '../core/plane-message.ts';

const NEWLINE = 0x0a;

/** Where the block ends, and how; `rest`: what is left is the beginning of a line. */
export type Cut = { readonly end: number; readonly ends: 'line' | 'continues' | 'unfinished' } | 'rest';

/** Of the bytes from `start` on. `more`: whether the stream may go on; if not, its last line needs no newline (`unfinished`). */
export function cutBlock(staged: Buffer, start: number, more: 'more' | 'end'): Cut {
  const window = Math.min(staged.length, start + MAX_LINE_BYTES + 1);
  const newline = staged.subarray(start, window).lastIndexOf(NEWLINE);
  if (newline >= 0) return { end: start + newline + 1, ends: 'line' };
  if (window - start > MAX_LINE_BYTES)
    return { end: cutBefore(staged, start, start + MAX_LINE_BYTES), ends: 'continues' };
  return more === 'end' && window > start ? { end: window, ends: 'unfinished' } : 'rest';
}

/** Fewer of the lines that a block of `bytes` has: about half of it, and one at the least. */
export function firstLines(bytes: Uint8Array): number {
  const half = bytes.lastIndexOf(NEWLINE, Math.floor(bytes.length / 2));
  return (half < 0 ? bytes.indexOf(NEWLINE) : half) + 1;
}

/** The last position up to `limit` that does not lie within a UTF-8 sequence; `limit` itself when it is not UTF-8. */
function cutBefore(bytes: Buffer, start: number, limit: number): number {
  for (let cut = limit; cut > Math.max(start, limit - 4); cut -= 1) {
    if (((bytes[cut] ?? 0) & 0xc0) !== 0x80) return cut;
  }
  return limit;
}

export function countLines(bytes: Uint8Array): number {
  let lines = 0;
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) lines += 1;
  return lines;
}
