// Server-sent events that go on over a lost connection: the control plane may be replaced while we listen, and the id of
// the last event is the cursor with which we come back. Format: HTML standard, section 9.2.
import type { IncomingMessage } from 'node:http';
import type { EventView, GapView } from '../wire/event-view.ts';
import { isAway, pause, type ApiCaller } from './api-caller.ts';
import { readLines } from './line-stream.ts';
import { connectionLost } from './transport.ts';

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
  api: ApiCaller,
  { path, after, signal }: EventStreamOptions,
): AsyncGenerator<StreamedEvent, void, undefined> {
  let cursor = after;
  let opened = false;
  let lostAtMs = 0;
  for (;;) {
    try {
      for await (const read of readOnce(api, path, cursor, signal)) {
        opened = true;
        lostAtMs = 0;
        cursor = cursorAfter(read) ?? cursor;
        if (read.kind !== 'cursor') yield read;
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!opened || !isAway(error) || isOver(lostAtMs)) throw error;
    }
    if (isOver(lostAtMs))
      throw connectionLost(api.target, 'the stream ends whenever it is asked for', undefined);
    if (lostAtMs === 0) lostAtMs = performance.now();
    await pause(RETRY_MS, signal);
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
  api: ApiCaller,
  path: string,
  after: number | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<Read, void, undefined> {
  const cursor = after === undefined ? '' : `${path.includes('?') ? '&' : '?'}after=${after}`;
  const incoming = await api.stream(path + cursor, { signal }, 'text/event-stream');
  let type = '';
  let id: number | undefined;
  for await (const line of readWhole(api, incoming)) {
    if (line === '' && id !== undefined) yield { kind: 'cursor', id };
    else if (line.startsWith('id: ')) id = Number(line.slice(4));
    else if (line.startsWith('event: ')) type = line.slice(7);
    else if (line.startsWith('data: ')) yield parseData(type, line.slice(6));
  }
}

/** A broken connection, whatever errno it broke with, is told from an answer that is wrong. */
async function* readWhole(
  { target }: ApiCaller,
  incoming: IncomingMessage,
): AsyncGenerator<string, void, undefined> {
  try {
    yield* readLines(incoming);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw connectionLost(target, 'the connection ended in the middle of a stream', error);
  }
}

function parseData(type: string, data: string): StreamedEvent {
  const value: unknown = JSON.parse(data);
  return type === 'gap'
    ? { kind: 'gap', gap: value as GapView }
    : { kind: 'event', event: value as EventView };
}
