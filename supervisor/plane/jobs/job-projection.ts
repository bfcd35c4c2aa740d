// From the record of a job to what the API shows of it.
import { describeExit, toExitCode, type ExitStatus } from '../../core/exit-status.ts';
import type { JobEnd, JobRecord } from '../../core/job.ts';
import type { JobEndView, JobView } from '../../wire/job-view.ts';
import type { JobOutput } from './job-output.ts';
import type { JobTimes } from './job-times.ts';

export function projectJob(record: JobRecord, times: JobTimes, output: JobOutput | undefined): JobView {
  const { id, state, shown, context, owner, input, degraded, timeoutMs } = record;
  const end = state.kind === 'ended' ? projectJobEnd(state.end) : null;
  return {
    id,
    state: state.kind === 'ended' ? (end?.state ?? 'failed') : state.kind,
    status: end?.status ?? 'running',
    command: [...shown],
    service: context ?? null,
    owner,
    input,
    pid: state.kind === 'running' || state.kind === 'stopping' ? state.pid : null,
    ...projectTimes(record, times),
    end,
    stopping: state.kind === 'stopping' ? state.cause : null,
    degraded: [...degraded],
    timeout_ms: timeoutMs,
    output: projectOutput(record, output),
  };
}

type TimesView = Pick<JobView, 'requested_at' | 'started_at' | 'ended_at'>;

function projectTimes(record: JobRecord, times: JobTimes): TimesView {
  const startedMs = times.startedMs(record);
  const endedMs = times.endedMs(record);
  return {
    requested_at: toTime(times.requestedMs(record)),
    started_at: startedMs === undefined ? null : toTime(startedMs),
    ended_at: endedMs === undefined ? null : toTime(endedMs),
  };
}

function projectOutput({ input }: JobRecord, output: JobOutput | undefined): JobView['output'] {
  if (input !== 'none') return { kept: 'attached', bytes: 0, dropped: 0, lost: 0 };
  return output === undefined
    ? { kept: 'discarded', bytes: 0, dropped: 0, lost: 0 }
    : { kept: 'kept', ...output.counts };
}

export function projectJobEnd(end: JobEnd): JobEndView {
  switch (end.kind) {
    case 'exited':
      return exitOf('exited', `exited: ${toExitCode(end.exit)}`, describeExit(end.exit), end.exit);
    case 'stopped':
      return exitOf('stopped', 'stopped', `${STOPPED[end.cause]}; ${describeExit(end.exit)}`, end.exit);
    case 'not-started': {
      const { message, code } = end.error;
      return {
        state: 'failed',
        status: `failed: ${message}`,
        text: message,
        exit_code: code === 'ENOENT' ? NOT_FOUND : NOT_EXECUTABLE,
        signal: '',
      };
    }
  }
}

/** As a shell has it, and docker run. */
const NOT_EXECUTABLE = 126;
const NOT_FOUND = 127;

const STOPPED = {
  asked: 'stopped',
  hangup: 'stopped because nobody was there for it any more',
  timeout: 'stopped because its time was over',
  shutdown: 'stopped with the container',
} as const;

function exitOf(state: 'exited' | 'stopped', status: string, text: string, exit: ExitStatus): JobEndView {
  const signal = exit.kind === 'signal' ? exit.signal : '';
  return { state, status, text, exit_code: toExitCode(exit), signal };
}

function toTime(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
