// `2026-11-21T14:20:30.123Z stdout ready`, for files. The column of the stream ends with `+` when the line goes on in the next of its stream;
// the lines of a record after its first begin with a tab and nothing else, as in the logs of PostgreSQL. file-line.ts reads it.
import type { FormatBlock } from '../ports.ts';
import { putHeads } from './headed-lines.ts';
import { toLatin1 } from './latin1.ts';
import type { OutputBuffer } from './output-buffer.ts';

export function createTimedFormat(output: OutputBuffer): FormatBlock {
  return ({ bytes, ends, timeMs, stream }) => {
    const stamp = `${new Date(timeMs).toISOString()} ${stream}`;
    if (ends === 'continues') return output.fill(`${stamp}+ ${toLatin1(bytes)}\n`);
    return putHeads(output, bytes, { first: `${stamp} `, others: ends === 'record' ? '\t' : `${stamp} ` });
  };
}
