// `2026-11-21T14:20:30.123Z stdout ready`, for files. The column of the stream ends with `+` when the line goes on in the next of its stream;
// the lines of a record after its first begin with a tab and nothing else, as in the logs of PostgreSQL. file-line.ts reads it.
import type { FormatBlock } from '../ports.ts';
import { toLatin1 } from './latin1.ts';
import type { OutputBuffer } from './output-buffer.ts';

export function createTimedFormat(output: OutputBuffer): FormatBlock {
  return ({ bytes, ends, timeMs, stream }) => {
    const stamp = `${new Date(timeMs).toISOString()} ${stream}`;
    const text = toLatin1(bytes);
    if (ends === 'continues') return output.fill(`${stamp}+ ${text}\n`);
    const next = ends === 'record' ? '\n\t' : `\n${stamp} `;
    return output.fill(`${stamp} ${text.slice(0, -1).replaceAll('\n', next)}\n`);
  };
}
