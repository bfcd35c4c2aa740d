// Server-sent events that go on over a lost connection: the control plane may be replaced while we listen, and the id of
// the last event is the cursor with which we come back. Format: HTML standard, section 9.2.
import { setTimeout as delay } from 'node:timers/promises';
import type { EventView, GapView } from '../wire/event-view.ts';
import { BosunUnreachable } from './failure.ts';
import { readLines } from './line-stream.ts';
import { sendForStream } from './transport.ts';

export type StreamedEvent =
  | { readonly kind: 'event'; readonly event: EventView }
  /** Some events between the cursor and the next one are not held any more. */
  | { readonly kind: 'gap'; readonly gap: GapView };

export type EventStreamOptions = {
  /** The path with its filters, without a cursor. */
  readonly path: string;
  /** Undefined: only what is new. */
  readonly after: number | undefined;
  readonly signal: AbortSignal | undefined;
};

/** How long a control plane may be away before the stream is given up. */
const PATIENCE_MS = 3000;
const RETRY_MS = 50;

/** Throws BosunUnreachable when nobody has answered for a while, BosunProblem, or the signal's reason. */
export async function* streamEvents(
  socketPath: string,
  { path, after, signal }: EventStreamOptions,
): AsyncGenerator<StreamedEvent, void, undefined> {
  let cursor = after;
  let opened = false;
  let lostAtMs = 0;
  for (;;) {
    try {
      for await (const read of readOnce(socketPath, path, cursor, signal)) {
        opened = true;
        lostAtMs = 0;
        cursor = cursorAfter(read) ?? cursor;
        if (read.kind !== 'cursor') yield read;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!opened || !isLost(error) || isOver(lostAtMs)) throw error;
    }
    if (lostAtMs === 0) lostAtMs = performance.now();
    await delay(RETRY_MS, undefined, signal === undefined ? {} : { signal });
  }
}

function isOver(lostAtMs: number): boolean {
  return lostAtMs !== 0 && performance.now() - lostAtMs > PATIENCE_MS;
}

/** `cursor`: nothing to show, but where to come back to. */
type Read = StreamedEvent | { readonly kind: 'cursor'; readonly id: number };

function cursorAfter(read: Read): number | undefined {
  switch (read.kind) {
    case 'event':
      return read.event.id;
    case 'cursor':
      return read.id;
    case 'gap':
      return undefined;
  }
}

async function* readOnce(
  socketPath: string,
  path: string,
  after: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Read, void, undefined> {
  const cursor = after === undefined ? '' : `${path.includes('?') ? '&' : '?'}after=${after}`;
  const incoming = await sendForStream(socketPath, {
    method: 'GET',
    path: path + cursor,
    accept: 'text/event-stream',
    signal,
  });
  let type = '';
  let id: number | undefined;
  for await (const line of readLines(incoming)) {
    if (line === '' && id !== undefined) yield { kind: 'cursor', id };
    else if (line.startsWith('id: ')) id = Number(line.slice(4));
    else if (line.startsWith('event: ')) type = line.slice(7);
    else if (line.startsWith('data: ')) yield parseData(type, line.slice(6));
  }
}

function parseData(type: string, data: string): StreamedEvent {
  const value: unknown = JSON.parse(data);
  return type === 'gap'
    ? { kind: 'gap', gap: value as GapView }
    : { kind: 'event', event: value as EventView };
}

function isLost(error: unknown): boolean {
  if (error instanceof BosunUnreachable) return true;
  return error instanceof Error && 'code' in error && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
}
