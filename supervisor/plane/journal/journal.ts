// The journal: every event on the disk before anybody sees it. Where that cannot be done, events are held in memory up to a bound,
// that is told, and what is held is written as soon as it can be. Never throws: whatever the disk does, the control plane goes on.
import type { AuditEvent, RecordedEvent } from '../../core/event.ts';
import type { JournalLimits } from '../../core/plane-message.ts';
import type { EventFilter, EventPage } from '../views/event-log.ts';
import type { JournalView } from '../../wire/service-view.ts';
import type { ViewState } from '../views/view-state.ts';
import { EventStore, type ReplayBase } from './event-store.ts';
import { SegmentFiles } from './segment-files.ts';
import { storageFailure } from './storage-failure.ts';

export type JournalPorts = {
  readonly note: (event: AuditEvent) => void;
  /** Every event up to this id is on the disk. */
  readonly written: (upToId: number) => void;
};

/** Events between two checkpoints: what a start has to replay at most. */
const CHECKPOINT_EVENTS = 1000;
/** The engine hands the newest thousand over to a control plane that begins in any case: it is not woken for each. */
const TOLD_EVENTS = 500;
/** A few megabytes. */
const MOST_HELD = 10_000;
const FIRST_RETRY_MS = 250;
const LAST_RETRY_MS = 60_000;
/** A disk that was full a moment ago is not asked at once again and again. */
const STABLE_MS = 60_000;

const WRITING: JournalView = { state: 'writing', reason: '', held: 0, lost: 0 };

type Mode =
  | { readonly kind: 'writing'; readonly store: EventStore; readonly sinceMs: number }
  | { readonly kind: 'held'; readonly reason: string; readonly retry: NodeJS.Timeout }
  | { readonly kind: 'closed' };

export class Journal {
  readonly #files: SegmentFiles;
  readonly #limits: JournalLimits;
  readonly #ports: JournalPorts;
  #mode: Mode = { kind: 'closed' };
  /** Not written yet, oldest first. */
  #held: RecordedEvent[] = [];
  /** The outage in which they were held has been told. */
  #told: 'outage' | 'nothing' = 'nothing';
  #lost = 0;
  #lastId = 0;
  #toldId = 0;
  #retryMs = FIRST_RETRY_MS;
  /** The next checkpoint is due at this id. */
  #upkeepId = 0;

  constructor(stateDir: string, limits: JournalLimits, ports: JournalPorts) {
    this.#files = new SegmentFiles(stateDir);
    this.#limits = limits;
    this.#ports = ports;
  }

  /** `recent`: all that an earlier control plane may not have written, up to `lastId`. */
  begin(recent: readonly RecordedEvent[], lastId: number): void {
    const outage = recent.findLast(
      ({ event }) => event.type === 'journal-failed' || event.type === 'journal-recovered',
    );
    this.#told = outage?.event.type === 'journal-failed' ? 'outage' : 'nothing';
    this.#held = [...recent];
    this.#lastId = lastId;
    this.#connect();
    this.#giveUpExcess();
  }

  get report(): JournalView {
    if (this.#mode.kind !== 'held') return WRITING;
    const { reason } = this.#mode;
    return { state: 'held-in-memory', reason, held: this.#held.length, lost: this.#lost };
  }

  /** Those that have been here before are passed over. */
  append(events: readonly RecordedEvent[]): void {
    const fresh = events.filter(({ id }) => id > this.#lastId);
    this.#lastId = fresh.at(-1)?.id ?? this.#lastId;
    if (fresh.length === 0 || this.#mode.kind === 'closed') return;
    this.#held.push(...fresh);
    if (this.#mode.kind === 'writing') this.#try(this.#mode.store, 'once-more');
    this.#giveUpExcess();
  }

  /** `state`: that of the views, which have followed up to `lastId`. */
  settle(state: ViewState, lastId: number): void {
    if (this.#mode.kind !== 'writing') return;
    const { store } = this.#mode;
    if (store.lastId !== lastId) return;
    try {
      if (lastId < this.#upkeepId && store.isReplayable && !this.#isFullByCount(store)) return;
      this.#upkeepId = lastId + CHECKPOINT_EVENTS;
      if (store.isFull(this.#limits)) store.roll(state, this.#limits.keep);
      else store.keep(state);
    } catch (error) {
      // It is only a checkpoint: the next one will do, and an append tells what is wrong.
      this.#upkeepId = lastId + CHECKPOINT_EVENTS;
      this.#setAsideDamaged(store, error);
    }
  }

  /** `lastId + 1` when there is nothing on the disk that goes on without a gap to what is in memory. */
  get oldestId(): number {
    const nothing = this.#lastId + 1;
    return this.#read((store) => (store.lastId === 0 ? nothing : store.oldestId), nothing);
  }

  /** On the disk; 0 when there is none. */
  get writtenId(): number {
    return this.#mode.kind === 'writing' ? this.#mode.store.lastId : 0;
  }

  page(after: number, upTo: number, filter: EventFilter, limit: number): EventPage {
    const nothing = { events: [], scannedTo: upTo };
    return this.#read((store) => store.page(after, upTo, filter, limit), nothing);
  }

  base(which: 'oldest' | 'newest'): ReplayBase | undefined {
    return this.#read((store) => store.base(which), undefined);
  }

  /** `state`: as for `settle`. The next start replays nothing. */
  close(state: ViewState, lastId: number): void {
    if (this.#mode.kind === 'held') this.#retryNow(this.#mode.retry);
    this.#upkeepId = 0;
    this.settle(state, lastId);
    if (this.#mode.kind === 'held') clearTimeout(this.#mode.retry);
    if (this.#mode.kind === 'writing') this.#mode.store.close();
    this.#mode = { kind: 'closed' };
  }

  #retryNow(retry: NodeJS.Timeout): void {
    clearTimeout(retry);
    this.#connect();
  }

  #connect(): void {
    let store: EventStore | undefined;
    try {
      this.#files.make();
      store = this.#open();
      if (!follows(store, this.#held, this.#lastId)) {
        store.setAsideAll('its events are not those of this life of Bosun');
        store = this.#open();
      }
    } catch (error) {
      store?.close();
      this.#fail(storageFailure(error).reason);
      return;
    }
    this.#mode = { kind: 'writing', store, sinceMs: performance.now() };
    const { lastId } = store;
    this.#held = this.#held.filter(({ id }) => id > lastId);
    this.#lost = missing(lastId, this.#held[0]);
    const held = this.#held.length;
    if (this.#try(store, 'once-more') === 'held') return;
    this.#tellWritten(store.lastId);
    this.#recovered(held);
  }

  #open(): EventStore {
    return new EventStore(this.#files, {
      setAside: (file, reason) => {
        this.#ports.note({ type: 'journal-set-aside', file, reason });
      },
    });
  }

  /** All that is held. A file that is damaged is set aside, and another one takes its place; only once. */
  #try(store: EventStore, again: 'once-more' | 'no-more'): 'written' | 'held' {
    try {
      store.append(this.#held);
    } catch (error) {
      if (again === 'once-more' && this.#setAsideDamaged(store, error)) return this.#try(store, 'no-more');
      store.close();
      this.#fail(storageFailure(error).reason);
      return 'held';
    }
    this.#held = [];
    if (store.lastId - this.#toldId >= TOLD_EVENTS) this.#tellWritten(store.lastId);
    return 'written';
  }

  #tellWritten(upToId: number): void {
    this.#toldId = upToId;
    this.#ports.written(upToId);
  }

  #setAsideDamaged(store: EventStore, error: unknown): boolean {
    const { kind, reason } = storageFailure(error);
    if (kind !== 'damaged') return false;
    try {
      store.setAsideCurrent(reason);
      return true;
    } catch {
      return false;
    }
  }

  #recovered(held: number): void {
    if (this.#told === 'outage' || this.#lost > 0)
      this.#ports.note({ type: 'journal-recovered', held, lost: this.#lost });
    this.#told = 'nothing';
    this.#lost = 0;
  }

  #fail(reason: string): void {
    const lastedMs = this.#mode.kind === 'writing' ? performance.now() - this.#mode.sinceMs : 0;
    if (lastedMs > STABLE_MS) this.#retryMs = FIRST_RETRY_MS;
    const retry = setTimeout(() => {
      this.#connect();
    }, this.#retryMs);
    retry.unref();
    this.#retryMs = Math.min(2 * this.#retryMs, LAST_RETRY_MS);
    this.#mode = { kind: 'held', reason, retry };
    if (this.#told === 'nothing') this.#ports.note({ type: 'journal-failed', reason });
    this.#told = 'outage';
  }

  /** The oldest: what is newer can still be written without a gap in it. */
  #giveUpExcess(): void {
    const excess = this.#held.length - MOST_HELD;
    if (excess <= 0) return;
    this.#held.splice(0, excess);
    this.#lost += excess;
  }

  #isFullByCount(store: EventStore): boolean {
    return store.events >= this.#limits.segmentEvents;
  }

  /** What cannot be read is as if it were not there. */
  #read<Value>(read: (store: EventStore) => Value, otherwise: Value): Value {
    if (this.#mode.kind !== 'writing') return otherwise;
    try {
      return read(this.#mode.store);
    } catch {
      return otherwise;
    }
  }
}

/** Whether the events on the disk and these are of one numbering. The first and the last that both have tell. */
function follows(store: EventStore, events: readonly RecordedEvent[], lastId: number): boolean {
  if (store.lastId > lastId) return false;
  const both = events.filter(({ id }) => id >= store.newestFirstId && id <= store.lastId);
  return [both[0], both.at(-1)].every((recorded) => recorded === undefined || isStored(store, recorded));
}

function isStored(store: EventStore, { id, timeMs, monotonicMs, event }: RecordedEvent): boolean {
  const stored = store.newest(id);
  return stored?.timeMs === timeMs && stored.monotonicMs === monotonicMs && stored.event.type === event.type;
}

/** Another life of Bosun may begin further on; in one and the same nothing may be missing. */
function missing(lastId: number, first: RecordedEvent | undefined): number {
  return first === undefined || first.event.type === 'booted' ? 0 : first.id - lastId - 1;
}
