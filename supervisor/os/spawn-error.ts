// Why a program could not be started, in words that say what to look at. Decides nothing.
import type { Command } from '../core/argv.ts';
import type { SpawnError } from '../core/service-state.ts';
import type { Errno } from './system-calls.ts';

export function spawnError({ command }: { readonly command: Command }, code: Errno, why: string): SpawnError {
  return { code, message: `cannot start ${command[0]}: ${why} (${code})` };
}

export function explainSpawn(
  { command, workingDir }: { readonly command: Command; readonly workingDir: string },
  errno: Errno,
): string {
  const [program] = command;
  switch (errno) {
    case 'ENOENT': {
      const directory = workingDir === '/' ? '' : `the working directory ${workingDir}`;
      return program.includes('/')
        ? `no such file, or its interpreter${directory && ` or ${directory}`} is missing`
        : `not found in PATH${directory && `, or ${directory} is missing`}`;
    }
    case 'EACCES':
      return 'not executable, or a directory on the way may not be entered';
    case 'ENOTDIR':
      return 'what should be a directory on the way is none';
    case 'ENOEXEC':
      return 'not a program: a script needs a first line such as #!/bin/sh';
    case 'E2BIG':
      return 'arguments and environment are larger than the kernel takes';
    case 'EAGAIN':
      return 'the limit of processes is reached (RLIMIT_NPROC or pids.max)';
    default:
      return explainShortage(errno);
  }
}

/** What is short for whatever is opened. */
export function explainShortage(errno: Errno): string {
  switch (errno) {
    case 'EMFILE':
      return 'the limit of open files is reached (RLIMIT_NOFILE of Bosun)';
    case 'ENFILE':
      return 'the machine has no open file left (fs.file-max)';
    case 'ENOMEM':
      return 'there is not enough memory';
    default:
      return 'the kernel refused';
  }
}
