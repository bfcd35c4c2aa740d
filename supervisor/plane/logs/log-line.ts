// A line of a service's output, and how blocks become lines. Bytes in, bytes out.
import { isUtf8 } from 'node:buffer';
import type { LogBlock } from '../../core/log-message.ts';
import type { OutputStream } from '../../core/plane-message.ts';

export type LogLine = {
  readonly service: string;
  readonly stream: OutputStream;
  readonly timeMs: number;
  /** Without the newline, at most 64 KiB. */
  readonly bytes: Buffer;
  /** The next line goes on with it. */
  readonly continues: boolean;
};

const NEWLINE = 0x0a;

export function linesOf({ service, stream, timeMs, bytes, ends }: LogBlock): readonly LogLine[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const continues = ends === 'continues';
  if (continues) return [{ service, stream, timeMs, bytes: all, continues }];
  const lines: LogLine[] = [];
  for (let start = 0; start < all.length;) {
    const newline = all.indexOf(NEWLINE, start);
    const end = newline < 0 ? all.length : newline;
    lines.push({ service, stream, timeMs, bytes: all.subarray(start, end), continues });
    start = end + 1;
  }
  return lines;
}

/** JSON text is UTF-8; bytes that are not survive beside their readable form. */
export function exactBytes(bytes: Buffer): { readonly base64?: string } {
  return isUtf8(bytes) ? {} : { base64: bytes.toString('base64') };
}
