// From an accepted command to a job of which it is known whether it could be started.
import { isLiveJob, type JobRecord } from '../../core/job.ts';
import type { JobId } from '../../core/names.ts';
import type { FleetView } from '../views/fleet-view.ts';

/** The record once this holds for it, or as it is when time is up or whoever asked is gone; undefined when there is none. */
export async function untilJob(
  view: FleetView,
  job: JobId,
  holds: (record: JobRecord) => boolean,
  { waitMs, gone }: { readonly waitMs: number; readonly gone: AbortSignal },
): Promise<JobRecord | undefined> {
  const find = (): JobRecord | undefined => view.fleet.jobs.findLast(({ id }) => id === job);
  const { promise, resolve } = Promise.withResolvers<undefined>();
  const giveUp = (): void => {
    resolve(undefined);
  };
  let last = find();
  const look = (): void => {
    const record = find();
    // So many have ended since that it has been forgotten.
    last = record ?? last;
    if (record === undefined || holds(record)) giveUp();
  };
  const unsubscribe = view.subscribe(look);
  const timer = setTimeout(giveUp, waitMs);
  gone.addEventListener('abort', giveUp, { once: true });
  if (gone.aborted) giveUp();
  look();
  await promise;
  unsubscribe();
  clearTimeout(timer);
  gone.removeEventListener('abort', giveUp);
  return last;
}

export function hasEnded(record: JobRecord): boolean {
  return !isLiveJob(record);
}

/** Whether it could be started is known. */
export function isDecided({ state }: JobRecord): boolean {
  return state.kind !== 'starting';
}
