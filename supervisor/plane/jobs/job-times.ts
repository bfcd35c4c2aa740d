// When things happened to jobs, by the wall clock: what their state does not keep. From the events where they are held, as for
// services; else by the monotonic clock, which is right unless the wall clock was set meanwhile.
import type { RecordedEvent } from '../../core/event.ts';
import type { JobRecord } from '../../core/job.ts';
import type { JobId } from '../../core/names.ts';
import { monotonicMs } from '../ports.ts';

type Times = { readonly requestedMs?: number; readonly startedMs?: number; readonly endedMs?: number };

export class JobTimes {
  readonly #of = new Map<JobId, Times>();

  note({ event, timeMs }: RecordedEvent): void {
    if (!('job' in event)) return;
    if (event.type === 'job-forgotten') this.#of.delete(event.job);
    else if (event.type === 'job-requested') this.#add(event.job, { requestedMs: timeMs });
    else if (event.type === 'job-spawned') this.#add(event.job, { startedMs: timeMs });
    else if (event.type === 'job-ended') this.#add(event.job, { endedMs: timeMs });
  }

  requestedMs({ id, requestedAtMs }: JobRecord): number {
    return this.#of.get(id)?.requestedMs ?? toWallMs(requestedAtMs);
  }

  /** Undefined when it had no process yet, or that was so long ago that its event is not held. */
  startedMs({ id }: JobRecord): number | undefined {
    return this.#of.get(id)?.startedMs;
  }

  endedMs({ id, state }: JobRecord): number | undefined {
    return state.kind === 'ended' ? (this.#of.get(id)?.endedMs ?? toWallMs(state.endedAtMs)) : undefined;
  }

  #add(job: JobId, times: Times): void {
    this.#of.set(job, { ...this.#of.get(job), ...times });
  }
}

function toWallMs(atMs: number): number {
  return Date.now() - (monotonicMs() - atMs);
}
