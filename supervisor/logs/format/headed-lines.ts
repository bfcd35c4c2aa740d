// Whole lines with a head before each, as `prefix` and `timed` show them.
import { toLatin1 } from './latin1.ts';
import type { OutputBuffer } from './output-buffer.ts';

const NEWLINE = 0x0a;

/** `others`: before those after the first. One character for each byte. */
export type LineHeads = { readonly first: string; readonly others: string };

export function putHeads(output: OutputBuffer, bytes: Uint8Array, { first, others }: LineHeads): Uint8Array {
  const fast = output.fastFor(bytes, first);
  if (fast !== undefined && first === others) return fast.putHeads(bytes.length).take();
  const firstEnd = bytes.indexOf(NEWLINE) + 1;
  if (fast?.putHeads(firstEnd).setHead(others) === 'set') return fast.putHeads(bytes.length).take();
  return output.fill(`${first}${toLatin1(bytes).slice(0, -1).replaceAll('\n', `\n${others}`)}\n`);
}
