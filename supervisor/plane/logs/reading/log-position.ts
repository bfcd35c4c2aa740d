// Where in a service's output a reader is: in its files, by the number that the file has or will have once it is rotated and the byte behind
// the last line, so that neither rotation nor compression nor any restart changes it; or in the lines that are held in memory.
import type { RingMoment } from '../../../core/log-message.ts';

export type FilePosition = { readonly kind: 'file'; readonly number: number; readonly offset: number };
export type RingPosition = { readonly kind: 'ring' } & RingMoment;
export type LogPosition = FilePosition | RingPosition;

/** By service. */
export type LogCursor = ReadonlyMap<string, LogPosition>;

export function writePosition(position: LogPosition): string {
  switch (position.kind) {
    case 'file':
      return `f${position.number}.${position.offset}`;
    case 'ring':
      return `m${position.bornMs}.${position.byte}`;
  }
}

function parsePosition(text: string): LogPosition | undefined {
  const [, kind, first, second] = /^([fm])(\d{1,15})\.(\d{1,15})$/.exec(text) ?? [];
  if (kind === undefined) return undefined;
  return kind === 'f'
    ? { kind: 'file', number: Number(first), offset: Number(second) }
    : { kind: 'ring', bornMs: Number(first), byte: Number(second) };
}

/** `web:f3.1200,db:m1763733600000.17`: printable ASCII, as a header and in a URL. */
export function writeCursor(cursor: LogCursor): string {
  return [...cursor].map(([service, position]) => `${service}:${writePosition(position)}`).join(',');
}

/** Undefined: it is no cursor. */
export function parseCursor(text: string): LogCursor | undefined {
  const cursor = new Map<string, LogPosition>();
  for (const part of text.split(',')) {
    const colon = part.indexOf(':');
    const position = parsePosition(part.slice(colon + 1));
    if (colon < 1 || position === undefined) return undefined;
    cursor.set(part.slice(0, colon), position);
  }
  return cursor;
}
