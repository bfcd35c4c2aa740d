// Events: the list by cursor, and the stream of server-sent events that goes on from a cursor without a gap.
// Format of the stream: HTML standard, section 9.2.
import { RESPONSE_ALREADY_SENT } from '@hono/node-server/utils/response';
import type { RecordedEvent } from '../../core/event.ts';
import type { EventsView, GapView } from '../../wire/event-view.ts';
import type { EventsQuery } from '../../wire/requests.ts';
import { projectEvent } from '../views/event-projection.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { BoundedStream } from './bounded-stream.ts';
import type { Handler } from './context.ts';
import { json, refuse, serviceNotFound } from './problem-response.ts';
import { namesIn } from './service-handlers.ts';

const MOST_LISTED = 10_000;

type Filter = (recorded: RecordedEvent) => boolean;

export const listOrStreamEvents: Handler = ({ view }, { query, incoming, outgoing }) => {
  const { after, limit, service, type } = query as EventsQuery;
  const unknown = service?.find((name) => view.find(name) === undefined);
  if (unknown !== undefined) return serviceNotFound(unknown, namesIn(view));
  const filter = createFilter(service, type);
  if (!incoming.headers.accept?.includes('text/event-stream')) {
    return json(listEvents(view, after ?? 0, filter, limit ?? MOST_LISTED));
  }
  const cursor = readCursor(incoming.headers['last-event-id']);
  if (cursor === 'wrong') return refuse('bad-request', 'Last-Event-ID is not the id of an event.');
  const stream = new BoundedStream(outgoing, 'text/event-stream');
  new EventStream(view, stream, filter).begin(cursor ?? after);
  return RESPONSE_ALREADY_SENT;
};

function createFilter(services: EventsQuery['service'], types: EventsQuery['type']): Filter {
  return ({ event }) =>
    (services === undefined || ('service' in event && services.includes(event.service))) &&
    (types === undefined || types.includes(event.type));
}

function listEvents(view: FleetView, after: number, filter: Filter, limit: number): EventsView {
  const events = view.events.since(after).filter(filter).slice(0, Math.min(limit, MOST_LISTED));
  return {
    events: events.map(projectEvent),
    last_event_id: view.events.lastId,
    oldest_event_id: view.events.oldestId,
  };
}

/** A browser's EventSource sends it when it comes back. */
function readCursor(header: string | string[] | undefined): number | undefined | 'wrong' {
  if (header === undefined || header === '') return undefined;
  return typeof header === 'string' && /^\d{1,15}$/.test(header) ? Number(header) : 'wrong';
}

/** First what is held, as fast as the reader takes it; then each event as it comes. */
class EventStream {
  readonly #view: FleetView;
  readonly #stream: BoundedStream;
  readonly #filter: Filter;
  #cursor = 0;
  #mode: 'catching-up' | 'live' = 'catching-up';

  constructor(view: FleetView, stream: BoundedStream, filter: Filter) {
    this.#view = view;
    this.#stream = stream;
    this.#filter = filter;
  }

  begin(after: number | undefined): void {
    const { events } = this.#view;
    this.#cursor = after ?? events.lastId;
    if (!events.covers(this.#cursor)) this.#tellGap();
    // An id without data: a reader that is cut off before its first event knows where to come back to.
    this.#stream.write(`id: ${this.#cursor}\n\n`);
    this.#stream.onClose(
      this.#view.subscribe((recorded) => {
        if (this.#mode === 'live') this.#send(recorded);
      }),
    );
    this.#catchUp();
  }

  #catchUp(): void {
    const { events } = this.#view;
    // A reader so slow that what it needs next is gone already.
    if (!events.covers(this.#cursor)) {
      this.#stream.cut();
      return;
    }
    for (let next = events.next(this.#cursor); next !== undefined; next = events.next(this.#cursor)) {
      const state = this.#send(next);
      if (state === 'over') return;
      if (state !== 'full') continue;
      this.#stream.onDrain(() => {
        this.#catchUp();
      });
      return;
    }
    this.#mode = 'live';
  }

  #send(recorded: RecordedEvent): ReturnType<BoundedStream['write']> {
    this.#cursor = recorded.id;
    return this.#filter(recorded) ? this.#stream.write(encode(recorded)) : 'room';
  }

  #tellGap(): void {
    const gap: GapView = { after: this.#cursor, oldest_event_id: this.#view.events.oldestId };
    this.#stream.write(`event: gap\ndata: ${JSON.stringify(gap)}\n\n`);
    this.#cursor = this.#view.events.oldestId - 1;
  }
}

let lastEncoded: { readonly recorded: RecordedEvent; readonly bytes: Buffer } | undefined;

/** Each new event goes to every reader: it is put into words once. */
function encode(recorded: RecordedEvent): Buffer {
  if (lastEncoded?.recorded !== recorded) {
    const view = projectEvent(recorded);
    const bytes = Buffer.from(`id: ${view.id}\nevent: ${view.type}\ndata: ${JSON.stringify(view)}\n\n`);
    lastEncoded = { recorded, bytes };
  }
  return lastEncoded.bytes;
}
