// Events: the list by cursor, and the stream of server-sent events that goes on from a cursor without a gap.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { EventsView } from '../../wire/event-view.ts';
import type { EventsQuery } from '../../wire/requests.ts';
import { passes } from '../views/event-log.ts';
import { projectEvent } from '../views/event-projection.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { BoundedStream, refuseStream } from './bounded-stream.ts';
import type { Handler } from './context.ts';
import { EventStream, type StreamFilter } from './event-stream.ts';
import { json, refuse, serviceNotFound } from './problem-response.ts';
import { namesIn } from './service-handlers.ts';
import { wantsEventStream } from './wants-event-stream.ts';

const MOST_LISTED = 10_000;
const PAGE_EVENTS = 500;
/** A list that finds little in a long history is given as far as it has come. */
const LONGEST_SEARCH_MS = 1000;

export const listOrStreamEvents: Handler = async ({ view }, { query, gone, incoming, outgoing }) => {
  const asked = query as EventsQuery;
  const unknown = asked.service?.find((name) => view.find(name) === undefined);
  if (unknown !== undefined) return serviceNotFound(unknown, namesIn(view));
  const filter = filterOf(asked);
  if (!wantsEventStream(incoming.headers.accept)) return json(await listEvents(view, asked, filter, gone));
  const cursor = readCursor(incoming.headers['last-event-id']);
  if (cursor === 'wrong') return refuse('bad-request', 'Last-Event-ID is not the id of an event.');
  const refusal = refuseStream();
  if (refusal !== undefined) return refusal;
  const stream = new BoundedStream(outgoing, 'text/event-stream');
  new EventStream(view, stream, filter).begin(cursor ?? asked.after);
  return RESPONSE_ALREADY_SENT;
};

function filterOf({ service, type, job, actor, command }: EventsQuery): StreamFilter {
  const stored = { services: service, types: type };
  return {
    stored,
    passes: (recorded) =>
      passes(stored, recorded) &&
      (job === undefined || ('job' in recorded.event && job.includes(recorded.event.job))) &&
      (actor === undefined || actor.includes(recorded.actor)) &&
      (command === undefined || command === recorded.command),
  };
}

async function listEvents(
  view: FleetView,
  { after = 0, limit = MOST_LISTED }: EventsQuery,
  { stored, passes: fits }: StreamFilter,
  gone: AbortSignal,
): Promise<EventsView> {
  const log = view.eventLog;
  const most = Math.min(limit, MOST_LISTED);
  const endMs = performance.now() + LONGEST_SEARCH_MS;
  const events: EventsView['events'] = [];
  let cursor = after;
  while (events.length < most && cursor < log.lastId) {
    const page = log.page(cursor, stored, PAGE_EVENTS);
    const found = page.events.filter(fits).slice(0, most - events.length);
    events.push(...found.map(projectEvent));
    cursor = events.length < most ? Math.max(cursor, page.scannedTo) : (events.at(-1)?.id ?? cursor);
    if (gone.aborted || performance.now() > endMs) break;
    // One page, then others have their turn.
    await new Promise((resolve) => setImmediate(resolve));
  }
  return { events, last_event_id: log.lastId, oldest_event_id: log.oldestId, next_after: cursor };
}

/** A browser's EventSource sends it when it comes back. */
function readCursor(header: string | string[] | undefined): number | undefined | 'wrong' {
  if (header === undefined || header === '') return undefined;
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : 'wrong';
}
