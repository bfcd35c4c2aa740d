// A descriptor of our own for standard output. O_NONBLOCK belongs to the open file description, which a duplicate would
// share with everybody who holds fd 1; opening /proc/self/fd/1 anew makes one of our own. See proc_pid_fd(5), open(2).
import { constants, fstatSync, openSync, type Stats } from 'node:fs';
import { isatty } from 'node:tty';

export type Output = { readonly fd: number; readonly terminal: boolean };

const STDOUT = 1;

export function openStdout(): Output {
  try {
    const terminal = isatty(STDOUT);
    return { fd: canBlock(fstatSync(STDOUT), terminal) ? reopen() : STDOUT, terminal };
  } catch {
    // No /proc, a device of another user, a pipe that nobody reads: fd 1 as it is. When it is closed, writes say so.
    return { fd: STDOUT, terminal: false };
  }
}

/** Files and /dev/null do not block for long. A socket blocks, but cannot be opened anew: ENXIO, open(2). */
function canBlock(stats: Stats, terminal: boolean): boolean {
  return stats.isFIFO() || terminal;
}

function reopen(): number {
  return openSync('/proc/self/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
}
