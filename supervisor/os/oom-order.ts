// Has the OOM killer take a service or a job before Bosun. It takes whoever has most, and Bosun may have more than each service of a
// small container; with process 1 all of them end. What is started here has a score that outweighs Bosun's own memory; among
// themselves the order stays. See proc_pid_oom_score_adj(5).
import { constants, openSync, readFileSync, writeSync } from 'node:fs';
import { totalmem } from 'node:os';
import type { SystemCalls } from './system-calls.ts';

const FILE = '/proc/self/oom_score_adj';
const HIGHEST = 1000;
/** More than Bosun has; 1000 points are all of the memory there is. */
const OUTWEIGHED_BYTES = 128 * 1024 * 1024;

/** What the kernel measures by: the limit of the container, else the machine. */
export function memoryThereIs(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** `memoryBytes`: all that there is. */
export function takenBeforeBosun(calls: SystemCalls, memoryBytes: number): SystemCalls {
  const score = openScore();
  if (score === undefined) return calls;
  const { fd, own } = score;
  const others = Math.min(HIGHEST, own + Math.ceil((OUTWEIGHED_BYTES / memoryBytes) * HIGHEST));
  return {
    ...calls,
    // A child inherits the score. Anybody may raise his own, and lower it again to where it was.
    spawn: (request) => {
      write(fd, others);
      try {
        return calls.spawn(request);
      } finally {
        write(fd, own);
      }
    },
  };
}

function openScore(): { readonly fd: number; readonly own: number } | undefined {
  try {
    const own = Number(readFileSync(FILE, 'utf8'));
    const fd = openSync(FILE, constants.O_WRONLY);
    // Without a right to go back nothing is begun.
    writeSync(fd, String(own));
    return { fd, own };
  } catch {
    return undefined;
  }
}

function write(fd: number, score: number): void {
  try {
    writeSync(fd, String(score));
  } catch {
    // The order is a wish: a service is started without it too.
  }
}
