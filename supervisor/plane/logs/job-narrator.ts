// The lines of the log about jobs: who ran what, and how it ended.
import { describeExit, isSuccess } from '../../core/exit-status.ts';
import type { JobEnd } from '../../core/job.ts';
import type { JobEvent } from '../../core/job-event.ts';
import { info, nameProcesses, warn } from './own-message.ts';
import type { OwnMessage } from './own-log.ts';

export function narrateJob(event: JobEvent): OwnMessage | undefined {
  const fields = { job: event.job };
  switch (event.type) {
    case 'job-requested':
      return { ...info(`job ${event.job} for ${event.owner}: ${event.shown.join(' ')}`), fields };
    case 'job-ended':
      return { ...narrateEnd(event.job, event.end), fields };
    case 'job-signalled':
      return { ...info(`job ${event.job} was sent ${event.signal}`), fields };
    case 'job-strays-found': {
      const text = `job ${event.job} has left processes behind: ${nameProcesses(event.strays)}`;
      return { ...warn(text), fields };
    }
    case 'job-spawned':
    case 'job-stopping':
    case 'job-pressed':
    case 'job-leader-exited':
    case 'job-forgotten':
      return undefined;
  }
}

function narrateEnd(job: number, end: JobEnd): OwnMessage {
  switch (end.kind) {
    case 'exited': {
      const text = `job ${job} ${describeExit(end.exit)}`;
      return isSuccess(end.exit, [0]) ? info(text) : warn(text);
    }
    case 'stopped':
      return info(`job ${job} was stopped (${end.cause}): ${describeExit(end.exit)}`);
    case 'not-started':
      return warn(`job ${job}: ${end.error.message}`);
  }
}
