// Log lines that go on over a lost connection: each line says where its service is behind it, and with that the stream is taken up again.
import type { IncomingMessage } from 'node:http';
import type { LogGapView, LogLineView } from '../wire/log-view.ts';
import { isAway, pause, type ApiCaller, type Cancel } from './api-caller.ts';
import { readLines } from './line-stream.ts';
import { connectionLost } from './transport.ts';

export type LogQuery = {
  /** Undefined: all of them. */
  readonly services?: readonly string[] | undefined;
  /** The newest so many of each service, or all; 100, and all of them with `since`. */
  readonly lines?: number | 'all' | undefined;
  /** A time of RFC 3339, seconds since 1970, or how long ago, such as 10m. */
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  /** A regular expression of JavaScript, with the flag v. */
  readonly grep?: string | undefined;
  readonly ignoreCase?: boolean | undefined;
  readonly stream?: 'stdout' | 'stderr' | undefined;
};

export type StreamedLog =
  | { readonly kind: 'line'; readonly line: LogLineView }
  /** Some lines cannot be shown. */
  | { readonly kind: 'gap'; readonly gap: LogGapView };

/** How long a control plane may be away before the stream is given up. */
const PATIENCE_MS = 3000;
const RETRY_MS = 50;
/** A stream that has lasted for so long was a good one. */
const SETTLED_MS = 1000;

export function logsPath(query: LogQuery, mode: 'follow' | 'once'): string {
  const { services, lines, since, until, grep, ignoreCase, stream } = query;
  const asked = {
    services: services?.join(','),
    lines: lines?.toString(),
    since,
    until,
    grep,
    ignore_case: ignoreCase === true ? 'true' : undefined,
    stream,
    follow: mode === 'follow' ? 'true' : undefined,
  };
  const given = Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined);
  return `/v1/logs?${new URLSearchParams(given).toString()}`;
}

/** Throws BosunUnreachable, also when the connection is lost, BosunProblem, or the signal's reason. */
export async function* readLogLines(
  api: ApiCaller,
  path: string,
  cancel: Cancel,
): AsyncGenerator<StreamedLog, void, undefined> {
  for await (const value of api.values(path, cancel)) {
    const { gap } = value as { readonly gap?: LogGapView };
    yield gap === undefined ? { kind: 'line', line: value as LogLineView } : { kind: 'gap', gap };
  }
}

/** Ends when Bosun has ended it and does not come back. Throws as `readLogLines` does; when nobody has answered for a while too. */
export async function* streamLogs(
  api: ApiCaller,
  path: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamedLog, void, undefined> {
  const reading: Reading = { cursor: new Map(), openings: 0 };
  let ended: 'by Bosun' | 'not' = 'not';
  let lostAtMs = 0;
  for (;;) {
    const beganMs = performance.now();
    const end = yield* readOnce(api, path, reading, signal);
    if (end.kind === 'complete') return;
    if (performance.now() - beganMs > SETTLED_MS) lostAtMs = 0;
    if (end.kind === 'ended') ended = 'by Bosun';
    if (isOver(lostAtMs)) {
      if (end.kind === 'lost' && ended === 'not') throw end.error;
      return;
    }
    if (lostAtMs === 0) lostAtMs = performance.now();
    await pause(RETRY_MS, signal);
  }
}

/** `cursor`: by service, where the reader is. */
type Reading = { readonly cursor: Map<string, string>; openings: number };

type End =
  | { readonly kind: 'complete' | 'ended' }
  /** Nobody is there, for a moment as it may be. */
  | { readonly kind: 'lost'; readonly error: unknown };

async function* readOnce(
  api: ApiCaller,
  path: string,
  reading: Reading,
  signal: AbortSignal | undefined,
): AsyncGenerator<StreamedLog, End, undefined> {
  try {
    const incoming = await api.stream(path, { signal }, 'text/event-stream', writeCursor(reading.cursor));
    reading.openings += 1;
    for await (const streamed of readStream(api, incoming, reading.cursor)) {
      yield streamed;
      // The server has said why it goes no further.
      if (streamed.kind === 'gap' && streamed.gap.reason === 'pattern-too-slow') return { kind: 'complete' };
    }
    return { kind: 'ended' };
  } catch (error) {
    signal?.throwIfAborted();
    if (reading.openings === 0 || !isAway(error)) throw error;
    return { kind: 'lost', error };
  }
}

function isOver(lostAtMs: number): boolean {
  return lostAtMs !== 0 && performance.now() - lostAtMs > PATIENCE_MS;
}

/** `SERVICE:POSITION`, by service. */
function writeCursor(cursor: ReadonlyMap<string, string>): string | undefined {
  return cursor.size === 0 ? undefined : [...cursor.values()].join(',');
}

/** Keeps `cursor` where the reader is: an event is complete at its empty line, and only then is it seen. */
async function* readStream(
  api: ApiCaller,
  incoming: IncomingMessage,
  cursor: Map<string, string>,
): AsyncGenerator<StreamedLog, void, undefined> {
  let type = '';
  let id = '';
  let data: string | undefined;
  for await (const line of readWhole(api, incoming)) {
    if (line.startsWith('id: ')) id = line.slice(4);
    else if (line.startsWith('event: ')) type = line.slice(7);
    else if (line.startsWith('data: ')) data = line.slice(6);
    if (line !== '') continue;
    if (id !== '') for (const part of id.split(',')) advance(cursor, part);
    const streamed = data === undefined ? undefined : parseData(type, data);
    if (streamed?.kind === 'line') advance(cursor, streamed.line.cursor);
    [type, id, data] = ['', '', undefined];
    if (streamed !== undefined) yield streamed;
  }
}

function advance(cursor: Map<string, string>, part: string): void {
  cursor.set(part.slice(0, part.indexOf(':')), part);
}

function parseData(type: string, data: string): StreamedLog {
  const value: unknown = JSON.parse(data);
  return type === 'gap'
    ? { kind: 'gap', gap: value as LogGapView }
    : { kind: 'line', line: value as LogLineView };
}

/** A broken connection, whatever errno it broke with, is told from an answer that is wrong. */
export async function* readWhole(
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
