// `caddy           | line`, as Compose shows them: aligned, and coloured on a terminal.
import type { FormatBlock } from '../ports.ts';
import { putHeads } from './headed-lines.ts';
import { encodeLatin1, toLatin1 } from './latin1.ts';
import type { OutputBuffer } from './output-buffer.ts';
import { CONTINUES_MARK } from './raw-format.ts';

export type PrefixOptions = {
  /** Of all services, in an order that stays: width and colours follow from it. */
  readonly names: readonly string[];
  readonly color: boolean;
};

/** `others`: before the lines of a record after its first, as wide as `first`. */
type Prefix = { readonly service: string; readonly first: string; readonly others: string };

const WIDEST_NAME = 24;
/** Cyan, yellow, green, magenta, blue: readable on light and on dark, and red stays free for errors. */
const COLORS = [36, 33, 32, 35, 34];

export function createPrefixFormat({ names, color }: PrefixOptions, output: OutputBuffer): FormatBlock {
  const widest = names.reduce((width, name) => Math.max(width, name.length), 0);
  const width = Math.min(WIDEST_NAME, widest);
  let last: Prefix = { service: '', first: '', others: '' };

  return ({ service, bytes, ends }) => {
    if (service !== last.service || last.first === '') last = createPrefix(service);
    const { first, others } = last;
    if (ends === 'continues') return output.fill(`${first}${toLatin1(bytes)}${CONTINUES_MARK}\n`);
    return putHeads(output, bytes, { first, others: ends === 'record' ? others : first });
  };

  function createPrefix(service: string): Prefix {
    const padded = service.padEnd(width);
    const sequence = color ? COLORS[colorOf(service, names)] : undefined;
    return {
      service,
      first: paint(`${padded} | `, sequence),
      others: paint(`${' '.repeat(padded.length)} | `, sequence),
    };
  }
}

function paint(text: string, sequence: number | undefined): string {
  return encodeLatin1(sequence === undefined ? text : `\u001b[${sequence}m${text}\u001b[0m`);
}

/** One that is not among the names has a colour that follows from its own: another thread, that met others before it, must find the same. */
function colorOf(service: string, names: readonly string[]): number {
  const index = names.indexOf(service);
  const own = index >= 0 ? index : Buffer.from(service).reduce((sum, byte) => sum + byte, 0);
  return own % COLORS.length;
}
