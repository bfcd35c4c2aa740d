// Never two questions of one probe at once. Some cannot be called back, such as a stat(2) on a dead file system, which holds a
// thread of libuv's pool, or a process that SIGKILL does not reach: the next question waits for them, and its timeout runs.
import { failed, type Probe } from './probe.ts';

export function oneAtATime(probe: Probe): Probe {
  let former: 'over' | 'under-way' = 'over';
  // One place only: a question whose time is up while it waits is forgotten when the next one comes.
  let onOver: () => void = () => undefined;
  return async (signal) => {
    if (former === 'under-way') {
      await new Promise<void>((resolve) => {
        onOver = resolve;
      });
      if (signal.aborted) return failed('not wanted any more');
    }
    former = 'under-way';
    try {
      return await probe(signal);
    } finally {
      former = 'over';
      onOver();
    }
  };
}
