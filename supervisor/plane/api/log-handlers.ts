// Log lines of one service or of several, as NDJSON or as server-sent events; with `follow` the answer goes on.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { LogsQuery } from '../../wire/requests.ts';
import { runawayPart } from '../logs/reading/line-filter.ts';
import { parseCursor, type LogCursor } from '../logs/reading/log-position.ts';
import { LogReader, type ReadWish } from '../logs/reading/log-reader.ts';
import { refuseStream } from './bounded-stream.ts';
import type { ApiRequest, Handler } from './context.ts';
import { LogStream } from './log-stream.ts';
import { refuse, serviceNotFound } from './problem-response.ts';
import { namesIn } from './service-handlers.ts';
import { wantsEventStream } from './wants-event-stream.ts';

const LINES_SHOWN = 100;
/** What a cursor of all of them takes is a header still. */
const MOST_SERVICES = 400;

export const readLogs: Handler = ({ view, logs, log }, request) => {
  const { params, query, incoming, outgoing, gone } = request;
  const asked = query as LogsQuery;
  const all = namesIn(view);
  const names = params['name'] === undefined ? (asked.services ?? all) : [params['name']];
  const unknown = names.find((name) => view.find(name) === undefined);
  if (unknown !== undefined) return serviceNotFound(unknown, all);
  if (names.length > MOST_SERVICES)
    return refuse(
      'bad-request',
      `These are ${names.length} services of at most ${MOST_SERVICES}: name some.`,
    );
  const after = cursorOf(request, asked);
  if (after === 'wrong') return refuse('bad-request', 'The cursor is none that a log line has come with.');
  const fault = faultOf(asked);
  if (fault !== undefined) return refuse('bad-request', fault);
  const refusal = refuseStream();
  if (refusal !== undefined) return refusal;
  const services = [...new Set(names)].flatMap((name) => view.find(name)?.spec ?? []);
  const reader = new LogReader({ services, logs, wish: wishOf(asked, after), gone });
  const form = wantsEventStream(incoming.headers.accept) ? 'events' : 'lines';
  const stream = new LogStream(outgoing, reader, form);
  void stream.run((text) => {
    log({ level: 'warn', text: `cannot read the logs of ${names.join(', ')}: ${text}` });
  });
  return RESPONSE_ALREADY_SENT;
};

/** A browser's EventSource sends its own when it comes back. */
function cursorOf({ incoming }: ApiRequest, { after }: LogsQuery): LogCursor | undefined | 'wrong' {
  const header = incoming.headers['last-event-id'];
  const text = typeof header === 'string' && header !== '' ? header : after;
  return text === undefined ? undefined : (parseCursor(text) ?? 'wrong');
}

function faultOf({ grep, follow, until }: LogsQuery): string | undefined {
  if (follow === true && until !== undefined)
    return 'What is followed has no end: leave out follow, or until.';
  if (grep === undefined) return undefined;
  try {
    const part = runawayPart(grep);
    return part && `The pattern may take for ever: in ${JSON.stringify(part)} repetitions are repeated.`;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return `The pattern is no regular expression: ${error.message}.`;
  }
}

function wishOf(asked: LogsQuery, after: LogCursor | undefined): ReadWish {
  const { lines, since, until, grep, ignore_case, stream, follow } = asked;
  return {
    lines: lines ?? (since === undefined ? LINES_SHOWN : Infinity),
    after,
    sinceMs: since,
    untilMs: until,
    grep,
    letterCase: ignore_case === true ? 'any' : 'exact',
    stream,
    mode: follow === true ? 'follow' : 'once',
  };
}
