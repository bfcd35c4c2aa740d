// Places in a block that are to be masked, and the block without what stands there.
import { MASK } from '../../core/secrets.ts';

/** Byte offsets; `end` is the first that is not masked. */
export type Span = { readonly start: number; readonly end: number };

const MASK_BYTES = Buffer.from(MASK);

/** In order; those that overlap or touch are one. */
export function mergeSpans(spans: readonly Span[]): readonly Span[] {
  const merged: Span[] = [];
  for (const span of spans.toSorted((a, b) => a.start - b.start)) {
    const last = merged.at(-1);
    if (last === undefined || span.start > last.end) merged.push(span);
    else merged[merged.length - 1] = { start: last.start, end: Math.max(last.end, span.end) };
  }
  return merged;
}

/** `spans`: merged ones. */
export function maskSpans(bytes: Uint8Array, spans: readonly Span[]): Buffer {
  const parts: Uint8Array[] = [];
  let from = 0;
  for (const { start, end } of spans) {
    parts.push(bytes.subarray(from, start), MASK_BYTES);
    from = end;
  }
  parts.push(bytes.subarray(from));
  return Buffer.concat(parts);
}
