// Lines as they are. Only a piece of a line that was too long says that it goes on.
import type { FormatBlock } from '../ports.ts';
import { toLatin1 } from './latin1.ts';
import type { OutputBuffer } from './output-buffer.ts';

export const CONTINUES_MARK = ' [bosun: longer than 64 KiB, goes on in the next line]';

export function createRawFormat(output: OutputBuffer): FormatBlock {
  return ({ bytes, ends }) =>
    ends === 'continues' ? output.fill(`${toLatin1(bytes)}${CONTINUES_MARK}\n`) : bytes;
}
