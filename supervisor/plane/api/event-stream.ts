// The stream of one reader: from its cursor on, first what is kept, page by page and as fast as the reader takes it, then each event
// as it comes. In order, without a gap; a reader that comes back with its last id loses nothing.
import type { RecordedEvent } from '../../core/event.ts';
import type { GapView } from '../../wire/event-view.ts';
import type { EventFilter } from '../views/event-log.ts';
import type { FleetView } from '../views/fleet-view.ts';
import type { BoundedStream } from './bounded-stream.ts';
import { EncodedEvents } from './encoded-events.ts';

const PAGE_EVENTS = 256;

export type StreamFilter = {
  /** What the log can leave out by itself. */
  readonly stored: EventFilter;
  /** All of it. */
  readonly passes: (recorded: RecordedEvent) => boolean;
};

const encoded = new EncodedEvents();

export class EventStream {
  readonly #view: FleetView;
  readonly #stream: BoundedStream;
  readonly #filter: StreamFilter;
  #cursor = 0;
  #mode: 'catching-up' | 'live' = 'catching-up';

  constructor(view: FleetView, stream: BoundedStream, filter: StreamFilter) {
    this.#view = view;
    this.#stream = stream;
    this.#filter = filter;
  }

  /** `after`: the last event that the reader has seen; undefined: it wants what is new. */
  begin(after: number | undefined): void {
    const { eventLog } = this.#view;
    this.#cursor = after ?? eventLog.lastId;
    if (!eventLog.covers(this.#cursor)) this.#tellGap();
    // An id without data: a reader that is cut off before its first event knows where to come back to.
    this.#stream.write(`id: ${this.#cursor}\n\n`);
    this.#stream.onClose(
      this.#view.subscribe((recorded) => {
        if (this.#mode === 'live') this.#send(recorded);
      }),
    );
    this.#catchUp();
  }

  /** One page; then others have their turn. */
  #catchUp(): void {
    const { eventLog } = this.#view;
    // A reader so slow that what it needs next is gone already.
    if (!eventLog.covers(this.#cursor)) {
      this.#stream.cut();
      return;
    }
    const page = eventLog.page(this.#cursor, this.#filter.stored, PAGE_EVENTS);
    for (const recorded of page.events) {
      const state = this.#send(recorded);
      if (state === 'over') return;
      if (state !== 'full') continue;
      this.#stream.onDrain(() => {
        this.#catchUp();
      });
      return;
    }
    this.#cursor = Math.max(this.#cursor, page.scannedTo);
    if (this.#cursor >= eventLog.lastId) this.#mode = 'live';
    else
      setImmediate(() => {
        this.#catchUp();
      });
  }

  #send(recorded: RecordedEvent): ReturnType<BoundedStream['write']> {
    this.#cursor = recorded.id;
    return this.#filter.passes(recorded) ? this.#stream.write(encoded.of(recorded)) : 'room';
  }

  #tellGap(): void {
    const gap: GapView = { after: this.#cursor, oldest_event_id: this.#view.eventLog.oldestId };
    this.#stream.write(`event: gap\ndata: ${JSON.stringify(gap)}\n\n`);
    this.#cursor = this.#view.eventLog.oldestId - 1;
  }
}
