// How a job is stopped: one signal after the other to its whole process group, with an interval in between, SIGKILL last.
import type { Draft } from './draft.ts';
import type { ExitStatus } from './exit-status.ts';
import { isLiveJob, type JobRecord, type JobStopCause, type JobStopSignal } from './job.ts';
import type { JobId } from './names.ts';

/** An interactive program expects SIGINT, one whose terminal is gone SIGHUP; the rest is not asked so softly. */
const FIRST_SIGNAL: Readonly<Record<JobStopCause, JobStopSignal>> = {
  asked: 'SIGINT',
  hangup: 'SIGHUP',
  timeout: 'SIGTERM',
  shutdown: 'SIGTERM',
  'leader-exited': 'SIGTERM',
};

/** Does nothing to one that is being stopped already, or has ended. */
export function beginJobStop(draft: Draft, job: JobId, cause: JobStopCause, exit?: ExitStatus): void {
  const state = draft.job(job)?.state;
  if (state?.kind !== 'running' && !(state?.kind === 'starting' && state.stop === undefined)) return;
  draft.emit({ type: 'job-stopping', job, cause, exit });
  const record = draft.job(job);
  // One that is starting has no process yet; its stop goes on when it has.
  if (record?.state.kind === 'stopping') press(draft, record, FIRST_SIGNAL[cause]);
}

/** The next signal. */
export function pressJob(draft: Draft, record: JobRecord): void {
  if (record.state.kind !== 'stopping') return;
  const { signal } = record.state;
  if (signal !== 'SIGKILL') press(draft, record, signal === 'SIGTERM' ? 'SIGKILL' : 'SIGTERM');
}

/** The container is being stopped: each is asked to end by SIGTERM, in the time that is left. */
export function stopJobsForShutdown(draft: Draft): void {
  for (const record of draft.fleet.jobs.filter(isLiveJob)) {
    const { state } = record;
    if (state.kind === 'stopping' && state.signal !== 'SIGTERM') pressJob(draft, record);
    else beginJobStop(draft, record.id, 'shutdown');
  }
}

/** No time is left. */
export function killJobs(draft: Draft): void {
  for (const record of draft.fleet.jobs)
    if (record.state.kind === 'stopping' && record.state.signal !== 'SIGKILL')
      press(draft, record, 'SIGKILL');
}

function press(draft: Draft, { id: job, run, stopIntervalMs }: JobRecord, wanted: JobStopSignal): void {
  const { nowMs } = draft.moment;
  const { phase } = draft.fleet;
  const killAtMs = phase.kind === 'stopping' ? phase.killAtMs : Infinity;
  const signal = killAtMs <= nowMs ? 'SIGKILL' : wanted;
  const nextAtMs = Math.min(nowMs + stopIntervalMs, killAtMs);
  draft.emit({ type: 'job-pressed', job, signal, nextAtMs });
  draft.do({ type: 'signal-job', job, run, signal, whom: 'group' });
}
