// The events on the disk: the segment that is written to, and the older ones behind it. A segment is begun where the last one is
// full, and where events are missing, so that none has a gap. Methods throw what SQLite and the file system throw, but for older
// files that turn out to be damaged: those are set aside, and told.
import type { RecordedEvent } from '../../core/event.ts';
import type { JournalLimits } from '../../core/plane-message.ts';
import type { EventFilter, EventPage } from '../views/event-log.ts';
import { ViewState } from '../views/view-state.ts';
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.ts';
import { Segment } from './segment.ts';
import type { SegmentFile, SegmentFiles } from './segment-files.ts';
import { storageFailure } from './storage-failure.ts';

export type StoreObserver = { setAside(file: string, reason: string): void };

/** Where a replay begins: the state after the event `lastId`. */
export type ReplayBase = { readonly lastId: number; readonly state: ViewState };

/** Looked at for one page at most: some milliseconds. */
const MOST_SCANNED = 2000;

export class EventStore {
  readonly #files: SegmentFiles;
  readonly #observer: StoreObserver;
  /** Oldest first; the last one is written to. */
  #segments: SegmentFile[] = [];
  #current: Segment | undefined;
  /** One of the older ones, open while it is being read. */
  #reading: Segment | undefined;
  #oldestId: number | undefined;

  constructor(files: SegmentFiles, observer: StoreObserver) {
    this.#files = files;
    this.#observer = observer;
    this.#segments = [...files.list()];
    while (this.#current === undefined && this.#segments.length > 0) this.#openNewest();
  }

  /** 0 when there is none. */
  get lastId(): number {
    return this.#current?.lastId ?? 0;
  }

  /** From it on nothing is missing; `lastId + 1` when there is none. */
  get oldestId(): number {
    this.#oldestId ??= this.#findOldestId();
    return this.#oldestId;
  }

  /** Of the segment that is written to; 0 when there is none. */
  get newestFirstId(): number {
    return this.#current?.firstId ?? 0;
  }

  /** In it. */
  get events(): number {
    return this.#current?.events ?? 0;
  }

  /** One of its events. */
  newest(id: number): RecordedEvent | undefined {
    return this.#current?.read({ after: id - 1, upTo: id, filter: {}, limit: 1 })[0];
  }

  get isReplayable(): boolean {
    return this.#current?.has('first') === true;
  }

  isFull({ segmentEvents, segmentBytes }: JournalLimits): boolean {
    const current = this.#current;
    return current !== undefined && (current.events >= segmentEvents || current.bytes >= segmentBytes);
  }

  /** Oldest first, and all of them newer than `lastId`. */
  append(events: readonly RecordedEvent[]): void {
    const [first] = events;
    if (first === undefined) return;
    if (this.#current === undefined || first.id !== this.lastId + 1) this.#begin(first.id, baseBefore(first));
    this.#current?.append(events);
  }

  /** `state`: after the event `lastId`. */
  keep(state: ViewState): void {
    const kind = this.isReplayable ? 'newest' : 'first';
    this.#current?.keep(kind, encodeCheckpoint(this.lastId, state));
  }

  /** Another file from here on; beyond `keep` the oldest one goes. */
  roll(state: ViewState, keep: number): void {
    this.#begin(this.lastId + 1, encodeCheckpoint(this.lastId, state));
    while (this.#segments.length > Math.max(1, keep)) this.#dropOldest();
  }

  /** All of it, so that another one can be begun; then this store is over. */
  setAsideAll(reason: string): void {
    this.close();
    for (const file of this.#segments.splice(0)) this.#setAside(file, reason);
  }

  /** The damaged file, if it is the one that is written to. */
  setAsideCurrent(reason: string): void {
    this.close();
    const newest = this.#segments.pop();
    if (newest !== undefined) this.#setAside(newest, reason);
  }

  page(after: number, upTo: number, filter: EventFilter, limit: number): EventPage {
    const from = Math.max(after, this.oldestId - 1);
    const segment = this.#segmentWith(from + 1);
    const end = Math.min(upTo, segment?.lastId ?? 0, from + MOST_SCANNED);
    if (segment === undefined || end <= from) return { events: [], scannedTo: upTo };
    const events = segment.read({ after: from, upTo: end, filter, limit });
    return { events, scannedTo: events.length < limit ? end : (events.at(-1)?.id ?? end) };
  }

  base(which: 'oldest' | 'newest'): ReplayBase | undefined {
    const files = this.#segments.filter((file) => file.firstId >= this.oldestId);
    const inOrder = which === 'oldest' ? files : files.reverse();
    const kinds = which === 'oldest' ? (['first'] as const) : (['newest', 'first'] as const);
    for (const file of inOrder)
      for (const kind of kinds) {
        const base = decodeBase(this.#open(file).checkpoint(kind));
        if (base !== undefined) return base;
      }
    return undefined;
  }

  close(): void {
    this.#current?.close();
    this.#reading?.close();
    this.#current = undefined;
    this.#reading = undefined;
  }

  #openNewest(): void {
    const file = this.#segments.at(-1);
    if (file === undefined) return;
    try {
      this.#current = new Segment(file.path, file.firstId);
    } catch (error) {
      const { kind, reason } = storageFailure(error);
      if (kind === 'unavailable') throw error;
      this.#segments.pop();
      this.#setAside(file, reason);
    }
  }

  #begin(firstId: number, first: Checkpoint | undefined): void {
    const file = this.#files.of(firstId);
    const next = this.#create(file, first);
    this.#current?.close();
    this.#current = next;
    this.#segments.push(file);
    this.#oldestId = undefined;
  }

  /** Of a file that could not be made whole nothing is left. */
  #create(file: SegmentFile, first: Checkpoint | undefined): Segment {
    try {
      return new Segment(file.path, file.firstId, first);
    } catch (error) {
      if (this.#segments.at(-1)?.firstId !== file.firstId) this.#files.remove(file);
      throw error;
    }
  }

  #dropOldest(): void {
    const oldest = this.#segments.shift();
    if (oldest === undefined) return;
    this.#stopReading();
    this.#oldestId = undefined;
    this.#files.remove(oldest);
  }

  #setAside(file: SegmentFile, reason: string): void {
    this.#oldestId = undefined;
    this.#observer.setAside(this.#files.setAside(file), reason);
  }

  #findOldestId(): number {
    let oldestId = this.#current?.firstId ?? 1;
    for (const file of this.#segments.slice(0, -1).reverse()) {
      if (this.#openOlder(file)?.lastId !== oldestId - 1) break;
      oldestId = file.firstId;
    }
    return oldestId;
  }

  /** Undefined when it was damaged, and is set aside now. */
  #openOlder(file: SegmentFile): Segment | undefined {
    try {
      return this.#open(file);
    } catch (error) {
      const { kind, reason } = storageFailure(error);
      if (kind === 'unavailable') throw error;
      this.#segments = this.#segments.filter((segment) => segment !== file);
      this.#setAside(file, reason);
      return undefined;
    }
  }

  #segmentWith(id: number): Segment | undefined {
    const file = this.#segments.findLast((segment) => segment.firstId <= id);
    return file === undefined ? undefined : this.#open(file);
  }

  #open({ path, firstId }: SegmentFile): Segment {
    if (this.#current?.firstId === firstId) return this.#current;
    if (this.#reading?.firstId === firstId) return this.#reading;
    this.#stopReading();
    this.#reading = new Segment(path, firstId);
    return this.#reading;
  }

  #stopReading(): void {
    this.#reading?.close();
    this.#reading = undefined;
  }
}

function decodeBase(checkpoint: Checkpoint | undefined): ReplayBase | undefined {
  const state = checkpoint === undefined ? undefined : decodeCheckpoint(checkpoint);
  return checkpoint === undefined || state === undefined ? undefined : { lastId: checkpoint.lastId, state };
}

/** Whatever was before it, `booted` begins with nothing. */
function baseBefore({ id, event }: RecordedEvent): Checkpoint | undefined {
  return event.type === 'booted' ? encodeCheckpoint(id - 1, new ViewState()) : undefined;
}
