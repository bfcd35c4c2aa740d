// Keeps descriptors free for Bosun itself: near the limit of open files (RLIMIT_NOFILE, getrlimit(2)) a service gets no pipe, as if there
// were none left. Else the services would take all of them, and nobody could ask Bosun why, or stop one.
import { readFileSync } from 'node:fs';
import type { SystemCalls } from './system-calls.ts';

/** For the control plane's thread, connections to it, probes, hooks, and files that are read. */
const KEPT_FREE = 40;

/** `promised`: how many more will be wanted for what is open already. */
export function leavingRoom(calls: SystemCalls, promised: () => number): SystemCalls {
  let limit = openFileLimit();
  const isRoomAt = (fd: number): boolean => fd + promised() + KEPT_FREE < limit;
  return {
    ...calls,
    pipe: () => {
      const made = calls.pipe();
      // A new descriptor has the lowest number that is free, so that it tells how many there are.
      if (!made.ok || isRoomAt(made.value.write)) return made;
      // prlimit(1) may have changed it.
      limit = openFileLimit();
      if (isRoomAt(made.value.write)) return made;
      calls.close(made.value.read);
      calls.close(made.value.write);
      return { ok: false, errno: 'EMFILE' };
    },
  };
}

/** The soft limit, which Node has raised to the hard one; proc_pid_limits(5). Without /proc there is none that we know of. */
function openFileLimit(): number {
  try {
    const limits = readFileSync('/proc/self/limits', 'utf8');
    const [, soft = ''] = /^Max open files +(\S+)/m.exec(limits) ?? [];
    return soft === 'unlimited' || soft === '' ? Infinity : Number(soft);
  } catch {
    return Infinity;
  }
}
