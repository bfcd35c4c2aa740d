// What becomes of processes that Bosun did not start, as inputs of the engine. Decides nothing.
import type { Engine } from '../engine/engine.ts';
import { AttachedProcesses } from '../os/attached-processes.ts';
import type { SystemCalls } from '../os/system-calls.ts';

export function createAttached(calls: SystemCalls, engine: () => Engine): AttachedProcesses {
  return new AttachedProcesses(calls, {
    looked: (service, run, finding) => {
      engine().submit({ type: 'looked', service, run, finding });
    },
    attached: (service, run, found) => {
      engine().submit({ type: 'attached', service, run, ...found });
    },
    exited: (service, run, exit) => {
      engine().submit({ type: 'exited', service, run, exit, group: 'empty' });
    },
    signalRefused: (owner, run, signal, errno) => {
      if (owner.kind === 'service')
        engine().note({ type: 'signal-refused', service: owner.service, run, signal, errno });
    },
  });
}
