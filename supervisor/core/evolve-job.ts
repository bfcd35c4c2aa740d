// evolve for jobs: the one place where the state of a job changes. It trusts its events.
import type { Fleet } from './fleet.ts';
import type { EndedJob, JobRecord, JobState, StoppingJob } from './job.ts';
import type { JobEvent } from './job-event.ts';

export function evolveJobs(fleet: Fleet, event: JobEvent): Fleet {
  if (event.type === 'job-requested') return addJob(fleet, event);
  if (event.type === 'job-forgotten')
    return { ...fleet, jobs: fleet.jobs.filter((record) => record.id !== event.job) };
  const index = fleet.jobs.findLastIndex((record) => record.id === event.job);
  const record = fleet.jobs[index];
  if (record === undefined) return fleet;
  return { ...fleet, jobs: fleet.jobs.with(index, evolveJob(record, event)) };
}

function addJob(fleet: Fleet, event: Extract<JobEvent, { type: 'job-requested' }>): Fleet {
  const { job, run, shown, context, input, owner, stopIntervalMs, timeoutMs, outputLimitBytes, atMs } = event;
  const declared = { shown, context, input, owner, stopIntervalMs, timeoutMs, outputLimitBytes };
  const state: JobState = { kind: 'starting', stop: undefined };
  const record = { id: job, run, ...declared, requestedAtMs: atMs, degraded: [], state };
  return { ...fleet, jobs: [...fleet.jobs, record], nextJob: job + 1, nextRun: run + 1 };
}

type ChangingEvent = Exclude<JobEvent, { type: 'job-requested' | 'job-forgotten' }>;

function evolveJob(record: JobRecord, event: ChangingEvent): JobRecord {
  switch (event.type) {
    case 'job-spawned':
      return { ...record, degraded: event.degraded, state: spawned(record, event) };
    case 'job-stopping':
      return { ...record, state: stopping(record.state, event) };
    case 'job-pressed':
    case 'job-leader-exited':
      return { ...record, state: pressed(record.state, event) };
    case 'job-ended':
      return { ...record, state: ended(event) };
    case 'job-signalled':
    case 'job-strays-found':
      return record;
  }
}

/** A stop that was asked for before is begun by an event of its own. */
function spawned(
  { state, timeoutMs }: JobRecord,
  { pid, atMs }: Extract<JobEvent, { type: 'job-spawned' }>,
): JobState {
  if (state.kind !== 'starting') return state;
  return { kind: 'running', pid, deadlineMs: timeoutMs === 0 ? 0 : atMs + timeoutMs };
}

function stopping(state: JobState, { cause, exit }: Extract<JobEvent, { type: 'job-stopping' }>): JobState {
  if (state.kind === 'starting') return { kind: 'starting', stop: cause };
  if (state.kind !== 'running') return state;
  // Which signal, is told by the event that follows.
  return { kind: 'stopping', pid: state.pid, cause, signal: 'SIGHUP', nextAtMs: 0, exit };
}

function pressed(
  state: JobState,
  event: Extract<JobEvent, { type: 'job-pressed' | 'job-leader-exited' }>,
): JobState {
  if (state.kind !== 'stopping') return state;
  const next: StoppingJob =
    event.type === 'job-leader-exited'
      ? { ...state, exit: event.exit }
      : { ...state, signal: event.signal, nextAtMs: event.nextAtMs };
  return next;
}

function ended({ end, atMs }: Extract<JobEvent, { type: 'job-ended' }>): EndedJob {
  return { kind: 'ended', end, endedAtMs: atMs };
}
