// What the processes of runs come to, as inputs of the engine: a run of a service by its name, a job by its number. Decides nothing.
import type { ResourceUsage } from '../core/counter-board.ts';
import type { ServiceNote } from '../core/event.ts';
import type { Input } from '../core/input.ts';
import type { RunObserver } from '../os/run-observer.ts';
import type { CallTroubles } from './call-troubles.ts';

export type RunReports = {
  readonly submit: (input: Input) => void;
  readonly note: (event: ServiceNote) => void;
  readonly troubles: CallTroubles;
  readonly used?: (service: string, usage: ResourceUsage) => void;
};

export function createRunObserver({ submit, note, troubles, used }: RunReports): RunObserver {
  return {
    exited: (owner, run, exit, group) => {
      submit(
        owner.kind === 'service'
          ? { type: 'exited', service: owner.service, run, exit, group }
          : { type: 'job-exited', job: owner.job, exit, group },
      );
    },
    used: (owner, usage) => {
      if (owner.kind === 'service') used?.(owner.service, usage);
    },
    groupEmptied: (owner, run) => {
      submit(
        owner.kind === 'service'
          ? { type: 'group-emptied', service: owner.service, run }
          : { type: 'job-group-emptied', job: owner.job },
      );
    },
    straysFound: (owner, run, strays) => {
      submit(
        owner.kind === 'service'
          ? { type: 'strays-found', service: owner.service, run, strays }
          : { type: 'job-strays-found', job: owner.job, strays },
      );
    },
    signalRefused: (owner, run, signal, errno) => {
      if (owner.kind === 'service')
        note({ type: 'signal-refused', service: owner.service, run, signal, errno });
      else troubles.tell('kill(2)', errno, `job ${owner.job} was not sent ${signal}`);
    },
  };
}
