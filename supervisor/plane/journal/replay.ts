// The views anew from the events: the state of a checkpoint, and every event after it. Throws where one is missing.
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { EventLog } from '../views/event-log.ts';
import type { ViewState } from '../views/view-state.ts';
import type { ReplayBase } from './event-store.ts';
import type { Journal } from './journal.ts';

/** Some ten milliseconds. */
const PORTION_EVENTS = 1000;

/** Up to the newest event there is when it gets there. In portions, between which the thread is free for others. */
export async function replay(log: EventLog, { state, lastId }: ReplayBase): Promise<ViewState> {
  let scannedTo = lastId;
  while (scannedTo < log.lastId) {
    if (scannedTo !== lastId) await nextTurn();
    scannedTo = replayPortion(log, state, scannedTo);
  }
  return state;
}

/** For a control plane that begins: without a pause, for there is not much after the newest checkpoint. */
export function restoreState(journal: Journal, log: EventLog): ViewState | undefined {
  const base = journal.base('newest');
  if (base === undefined) return undefined;
  try {
    let scannedTo = base.lastId;
    while (scannedTo < log.lastId) scannedTo = replayPortion(log, base.state, scannedTo);
    return base.state;
  } catch {
    // The engine gives the state as well, and not more than the past is missing.
    return undefined;
  }
}

function replayPortion(log: EventLog, state: ViewState, after: number): number {
  const { events, scannedTo } = log.page(after, {}, PORTION_EVENTS);
  if (events.length !== scannedTo - after || events.length === 0)
    throw new Error(`events after ${after} cannot be read`);
  for (const recorded of events) state.apply(recorded);
  return scannedTo;
}
