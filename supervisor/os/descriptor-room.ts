// Keeps descriptors free for Bosun itself: near the limit of open files (RLIMIT_NOFILE, getrlimit(2)) a service or a job gets no pipe, as if
// there were none left. Else they would take all of them, and nobody could ask Bosun why, or stop one.
import { readFileSync } from 'node:fs';
import type { CallResult, SystemCalls } from './system-calls.ts';

/** For the control plane's thread, connections to it, probes, hooks, and files that are read. */
const KEPT_FREE = 40;

/** Of a service, the reading ends. */
const OF_A_SERVICE = 2;
/** The writing ends while one is launched, and the duplicates of the ends of the job that came before. */
const OF_A_LAUNCH = 8;

/** What so many services will want that do not run. */
export function roomToStart(services: number): number {
  return services === 0 ? 0 : services * OF_A_SERVICE + OF_A_LAUNCH;
}

/** `promised`: how many more will be wanted for what is open already. */
export function leavingRoom(calls: SystemCalls, promised: () => number): SystemCalls {
  let limit = openFileLimit();
  const isRoomAt = (fd: number): boolean => fd + promised() + KEPT_FREE < limit;
  const isRoom = (highest: number): boolean => {
    if (isRoomAt(highest)) return true;
    // prlimit(1) may have changed it.
    limit = openFileLimit();
    return isRoomAt(highest);
  };
  /** A new descriptor has the lowest number that is free, so that it tells how many there are. */
  function ifRoom<Ends>(
    made: CallResult<Ends>,
    numbers: (ends: Ends) => readonly number[],
  ): CallResult<Ends> {
    if (!made.ok) return made;
    const fds = numbers(made.value);
    if (isRoom(Math.max(...fds))) return made;
    for (const fd of fds) calls.close(fd);
    return { ok: false, errno: 'EMFILE' };
  }
  return {
    ...calls,
    pipe: () => ifRoom(calls.pipe(), ({ read, write }) => [read, write]),
    openTerminal: (size) => ifRoom(calls.openTerminal(size), ({ master, slave }) => [master, slave]),
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
