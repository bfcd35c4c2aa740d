// What the journal says of the life before this one, read at the start while nothing runs yet and nobody else has it open. A file
// that is damaged is set aside here as it is in the control plane.
import { statSync } from 'node:fs';
import type { AuditEvent } from '../../core/event.ts';
import type { JournalLimits } from '../../core/plane-message.ts';
import { ViewState } from '../views/view-state.ts';
import { EventStore } from './event-store.ts';
import { SegmentFiles, type SegmentFile } from './segment-files.ts';
import { storageFailure } from './storage-failure.ts';

export type SetAside = Extract<AuditEvent, { type: 'journal-set-aside' }>;

export type LastState = {
  /** No id up to this one may be given again. */
  readonly lastId: number;
  /** Undefined when its end cannot be read. */
  readonly state: ViewState | undefined;
  readonly setAside: readonly SetAside[];
};

const PORTION_EVENTS = 1000;
/** Fewer than any event takes in a file. */
const LEAST_EVENT_BYTES = 32;

/** Undefined when there is none. Throws when it cannot be read now, such as when another Bosun writes to it. */
export function readLastState(stateDir: string, { segmentEvents }: JournalLimits): LastState | undefined {
  const files = new SegmentFiles(stateDir);
  const newest = files.list().at(-1);
  if (newest === undefined) return undefined;
  const mostId = highestIdOf(newest, segmentEvents);
  const setAside: SetAside[] = [];
  const store = new EventStore(files, {
    setAside: (file, reason) => setAside.push({ type: 'journal-set-aside', file, reason }),
  });
  try {
    const state = setAside.length === 0 ? replayNewest(store) : undefined;
    return { lastId: state === undefined ? mostId : store.lastId, state, setAside };
  } finally {
    store.close();
  }
}

/** Undefined when it turns out to be damaged. */
function replayNewest(store: EventStore): ViewState | undefined {
  try {
    const base = store.base('newest') ?? { lastId: store.oldestId - 1, state: new ViewState() };
    let after = base.lastId;
    while (after < store.lastId) {
      const { events, scannedTo } = store.page(after, store.lastId, {}, PORTION_EVENTS);
      for (const recorded of events) base.state.apply(recorded);
      after = scannedTo;
    }
    return base.state;
  } catch (error) {
    const { kind, reason } = storageFailure(error);
    if (kind === 'unavailable') throw error;
    store.setAsideCurrent(reason);
    return undefined;
  }
}

/**
 * However damaged it is: it has not more events than there is room for. A part of it may be gone, and the last transaction may have
 * made it larger than it was to be.
 */
function highestIdOf({ path, firstId }: SegmentFile, segmentEvents: number): number {
  const bytes = ['', '-wal'].map(
    (companion) => statSync(`${path}${companion}`, { throwIfNoEntry: false })?.size,
  );
  const room = Math.ceil(bytes.reduce<number>((sum, size) => sum + (size ?? 0), 0) / LEAST_EVENT_BYTES);
  return firstId + Math.max(room, 2 * segmentEvents);
}
