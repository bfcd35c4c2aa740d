// Who takes the ends of processes, and who ends what is left at last: joined to the engine. No decision is made here.
import type { Engine } from '../engine/engine.ts';
import type { ProcessTable } from '../os/process-table.ts';
import { Reaper, type ReaperReport } from '../os/reaper.ts';
import { Sweeper } from '../os/sweeper.ts';
import type { SystemCalls } from '../os/system-calls.ts';
import type { CallTroubles } from './call-troubles.ts';

type Parts = {
  readonly calls: SystemCalls;
  readonly troubles: CallTroubles;
  readonly engine: () => Engine;
};

export function createReaper(
  { calls, troubles }: Parts,
  table: ProcessTable,
  report: (report: ReaperReport) => void,
): Reaper {
  return new Reaper(calls, table, report, (errno) => {
    troubles.tell('waitid(2)', errno, 'ends of processes may be seen late; Bosun keeps asking');
  });
}

export function createSweeper({ calls, troubles, engine }: Parts, place: 'pid1' | 'below'): Sweeper {
  return new Sweeper(calls, place, {
    found: (survivors, count) => {
      engine().note({ type: 'survivors-found', survivors, count });
    },
    refused: (signal, errno) => {
      troubles.tell('kill(2)', errno, `what is left was not sent ${signal}`);
    },
    swept: () => {
      engine().submit({ type: 'swept' });
    },
  });
}
