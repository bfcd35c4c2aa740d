// What the operator asked for of a job: run one, stop it, send it a signal.
import type { CommandError } from './command-error.ts';
import type { Draft } from './draft.ts';
import type { CommandResult } from './effect.ts';
import type { Command } from './input.ts';
import { isLiveJob, MOST_LIVE_JOBS } from './job.ts';
import { beginJobStop } from './job-stop.ts';
import { liveJob, requestJob } from './on-job.ts';
import type { JobId } from './names.ts';
import type { SignalName } from './service-spec.ts';

export type JobCommand = Extract<Command, { verb: 'run-job' | 'stop-job' | 'signal-job' }>;

export function refusalOfJob(draft: Draft, command: JobCommand): CommandError | undefined {
  switch (command.verb) {
    case 'run-job':
      return refusalToRun(draft);
    case 'stop-job':
      return refusalToReach(draft, command.job);
    case 'signal-job':
      return refusalToSignal(draft, command.job);
  }
}

function refusalToRun(draft: Draft): CommandError | undefined {
  if (draft.fleet.phase.kind !== 'up')
    return { code: 'shutting-down', service: '', message: 'the container is being stopped' };
  if (draft.fleet.jobs.filter(isLiveJob).length < MOST_LIVE_JOBS) return undefined;
  return { code: 'too-many-jobs', service: '', message: `${MOST_LIVE_JOBS} jobs are running already` };
}

function refusalToReach(draft: Draft, job: JobId): CommandError | undefined {
  if (draft.job(job) === undefined)
    return { code: 'job-not-found', service: '', message: `there is no job ${job}` };
  if (liveJob(draft, job) === undefined)
    return { code: 'job-not-running', service: '', message: `job ${job} has ended` };
  return undefined;
}

/** It goes to the leader alone, so there must be one. */
function refusalToSignal(draft: Draft, job: JobId): CommandError | undefined {
  const state = liveJob(draft, job)?.state;
  if (state?.kind === 'starting')
    return { code: 'job-not-running', service: '', message: `job ${job} has no process yet` };
  if (state?.kind === 'stopping' && state.exit !== undefined) {
    const message = `job ${job} has ended, and what it has left is being ended`;
    return { code: 'job-not-running', service: '', message };
  }
  return refusalToReach(draft, job);
}

export function carryOutForJob(draft: Draft, command: JobCommand): CommandResult {
  switch (command.verb) {
    case 'run-job':
      return { kind: 'accepted', services: [], job: requestJob(draft, command.spec, command.actor) };
    case 'stop-job':
      beginJobStop(draft, command.job, command.cause);
      return { kind: 'accepted', services: [] };
    case 'signal-job':
      signalJob(draft, command.job, command.signal);
      return { kind: 'accepted', services: [] };
  }
}

function signalJob(draft: Draft, job: JobId, signal: SignalName): void {
  const record = draft.job(job);
  if (record === undefined) return;
  draft.emit({ type: 'job-signalled', job, signal });
  draft.do({ type: 'signal-job', job, run: record.run, signal, whom: 'leader' });
}
