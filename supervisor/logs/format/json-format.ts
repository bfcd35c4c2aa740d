// One JSON object for each line or record, with pino's field names: what json-lines.ts says, by the loops of fast-lines.ts as far as they go.
import { isUtf8 } from 'node:buffer';
import type { FormatBlock } from '../ports.ts';
import type { FastLines } from './fast-lines.ts';
import { formatWhole, JsonFrame, JsonLines } from './json-lines.ts';
import type { Level } from './level.ts';
import type { OutputBuffer } from './output-buffer.ts';

/** The level of most lines. */
const INFO = 30;

export function createJsonFormat(output: OutputBuffer): FormatBlock {
  return (block) => {
    if (block.ends !== 'line') return output.fill(formatWhole(block, block.ends === 'continues'));
    const frame = new JsonFrame(block);
    const fast = output.fastFor(block.bytes, frame.headOf(INFO), frame.insertion);
    const areUtf8 = isUtf8(block.bytes);
    if (fast === undefined) return output.fill(new JsonLines(block, frame, areUtf8).all());
    return putLines(fast, areUtf8 ? 'passes' : 'stops', () => new JsonLines(block, frame, areUtf8));
  };
}

/** `create`: called when one line at least has a level, is an object, or has bytes that are not UTF-8. */
function putLines(fast: FastLines, other: 'passes' | 'stops', create: () => JsonLines): Uint8Array {
  let lines: JsonLines | undefined;
  const levelOf = (start: number): Level => {
    lines ??= create();
    return lines.levelOf(start, lines.endOf(start));
  };
  while (fast.putJson(other, levelOf) === 'line') {
    lines ??= create();
    putLine(fast, lines);
  }
  return fast.take();
}

function putLine(fast: FastLines, lines: JsonLines): void {
  const { start } = fast;
  const end = lines.endOf(start);
  const seam = lines.seamOf(start, end);
  if (seam === undefined) fast.putText(lines.wrap(start, end), end + 1);
  else fast.putLineWith(seam.keys === 'none' ? 1 : 0, seam.brace, end + 1);
}
