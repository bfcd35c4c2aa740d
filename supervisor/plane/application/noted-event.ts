// What was noted of a change, found by the id of its command: an answer names its event, and a change that is repeated is known again.
import type { RecordedEvent } from '../../core/event.ts';
import type { FleetView } from '../views/fleet-view.ts';

/** An engine that takes longer has other worries; the change is made all the same. */
const NOTED_MS = 2000;
const PAGE_EVENTS = 500;
const TYPES = ['application-changed', 'application-change-failed'] as const;

/** The newest one. */
export function findEvent(view: FleetView, command: string, since: number): RecordedEvent | undefined {
  const log = view.eventLog;
  let found: RecordedEvent | undefined;
  for (let cursor = since; cursor < log.lastId;) {
    const page = log.page(cursor, { types: TYPES }, PAGE_EVENTS);
    found = page.events.findLast((recorded) => recorded.command === command) ?? found;
    if (page.scannedTo <= cursor) return found;
    cursor = page.scannedTo;
  }
  return found;
}

/** Its id, as soon as it is in the views. */
export async function untilNoted(
  view: FleetView,
  command: string,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { promise, resolve } = Promise.withResolvers<number | undefined>();
  const giveUp = (): void => {
    resolve(undefined);
  };
  const timer = setTimeout(giveUp, NOTED_MS);
  signal.addEventListener('abort', giveUp, { once: true });
  const unsubscribe = view.subscribe(({ id, event, command: own }) => {
    if (own === command && (TYPES as readonly string[]).includes(event.type)) resolve(id);
  });
  return await promise.finally(() => {
    clearTimeout(timer);
    signal.removeEventListener('abort', giveUp);
    unsubscribe();
  });
}
