// What happens to jobs: asked for, spawned, ended, out of time. A job is live until its whole process group is gone; what its
// leader leaves behind is ended like a job that is stopped.
import type { Draft } from './draft.ts';
import type { Input } from './input.ts';
import { isLiveJob, MOST_ENDED_JOBS, type JobEnd, type JobRecord, type StoppingJob } from './job.ts';
import type { JobSpec } from './job-spec.ts';
import { beginJobStop, pressJob } from './job-stop.ts';
import type { JobId, RunId } from './names.ts';
import { jobTimerAtMs } from './timers.ts';

type JobInputOf<Type extends Input['type']> = Extract<Input, { type: Type }>;
type JobInput = Extract<Input, { job: JobId }>;

export function onJobInput(draft: Draft, input: JobInput): void {
  switch (input.type) {
    case 'job-spawned':
      onJobSpawned(draft, input);
      return;
    case 'job-spawn-failed':
      onJobSpawnFailed(draft, input);
      return;
    case 'job-exited':
      onJobExited(draft, input);
      return;
    case 'job-group-emptied':
      onJobGroupEmptied(draft, input);
      return;
    case 'job-strays-found':
      onJobStraysFound(draft, input);
      return;
    case 'job-timer':
      onJobTimer(draft, input);
      return;
  }
}

export function requestJob(draft: Draft, spec: JobSpec, owner: string): JobId {
  const job = draft.fleet.nextJob as JobId;
  const run = draft.fleet.nextRun as RunId;
  const { shown, context, input, stopIntervalMs, timeoutMs, outputLimitBytes } = spec;
  const declared = { shown, context, input: input.kind, stopIntervalMs, timeoutMs, outputLimitBytes };
  draft.emit({ type: 'job-requested', job, run, owner, ...declared, atMs: draft.moment.nowMs });
  draft.do({ type: 'spawn-job', job, run, spec });
  return job;
}

function onJobSpawned(draft: Draft, { job, run, pid, degraded }: JobInputOf<'job-spawned'>): void {
  const record = liveJob(draft, job);
  if (record?.state.kind !== 'starting') return;
  const { stop } = record.state;
  draft.emit({ type: 'job-spawned', job, run, pid, degraded, atMs: draft.moment.nowMs });
  if (stop !== undefined) beginJobStop(draft, job, stop);
}

function onJobSpawnFailed(draft: Draft, { job, error }: JobInputOf<'job-spawn-failed'>): void {
  if (liveJob(draft, job)?.state.kind === 'starting') endJob(draft, job, { kind: 'not-started', error });
}

function onJobExited(draft: Draft, { job, exit, group }: JobInputOf<'job-exited'>): void {
  const state = liveJob(draft, job)?.state;
  if (state?.kind !== 'running' && state?.kind !== 'stopping') return;
  // A leader ends once.
  if (state.kind === 'stopping' && state.exit !== undefined) return;
  if (group === 'populated') {
    if (state.kind === 'running') beginJobStop(draft, job, 'leader-exited', exit);
    else draft.emit({ type: 'job-leader-exited', job, exit });
  } else if (state.kind === 'running') {
    endJob(draft, job, { kind: 'exited', exit });
  } else {
    endJob(draft, job, endOf(state.cause, exit));
  }
}

function onJobGroupEmptied(draft: Draft, { job }: JobInputOf<'job-group-emptied'>): void {
  const state = liveJob(draft, job)?.state;
  if (state?.kind !== 'stopping' || state.exit === undefined) return;
  endJob(draft, job, endOf(state.cause, state.exit));
}

/** Also of one that has ended: they may be found when it is long gone. */
function onJobStraysFound(draft: Draft, { job, strays }: JobInputOf<'job-strays-found'>): void {
  if (draft.job(job) !== undefined && strays.length > 0)
    draft.emit({ type: 'job-strays-found', job, strays });
}

/** The deadline of one that runs, or the next signal for one that is being stopped. One that is not due means nothing. */
function onJobTimer(draft: Draft, { job, run }: JobInputOf<'job-timer'>): void {
  const record = liveJob(draft, job);
  if (record === undefined || record.run !== run) return;
  const dueAtMs = jobTimerAtMs(record);
  if (dueAtMs === undefined || dueAtMs > draft.moment.nowMs) return;
  if (record.state.kind === 'running') beginJobStop(draft, job, 'timeout');
  else pressJob(draft, record);
}

export function liveJob(draft: Draft, job: JobId): JobRecord | undefined {
  const record = draft.job(job);
  return record !== undefined && isLiveJob(record) ? record : undefined;
}

function endOf(cause: StoppingJob['cause'], exit: StoppingJob['exit'] & object): JobEnd {
  return cause === 'leader-exited' ? { kind: 'exited', exit } : { kind: 'stopped', cause, exit };
}

function endJob(draft: Draft, job: JobId, end: JobEnd): void {
  draft.emit({ type: 'job-ended', job, end, atMs: draft.moment.nowMs });
  const ended = draft.fleet.jobs.flatMap(({ id, state }) =>
    state.kind === 'ended' ? [{ id, endedAtMs: state.endedAtMs }] : [],
  );
  if (ended.length <= MOST_ENDED_JOBS) return;
  // One that ran for long is not forgotten as soon as it has ended.
  const oldestFirst = ended.toSorted((a, b) => a.endedAtMs - b.endedAtMs);
  for (const { id } of oldestFirst.slice(0, ended.length - MOST_ENDED_JOBS))
    draft.emit({ type: 'job-forgotten', job: id });
}
