// Reads and writes of kernel file systems (procfs, cgroupfs), as one port: the adapters get it handed in, so that a test can make any
// of them fail. Synchronous, which is right for these alone: they are answered from the kernel's memory.
import { closeSync, constants, mkdirSync, openSync, readFileSync, rmdirSync, writeSync } from 'node:fs';
import type { CallResult } from './system-calls.ts';

export type ControlFiles = {
  read(path: string): CallResult<string>;
  /** One write(2): each is a command to the kernel. A file that is not there is not made. */
  write(path: string, text: string): CallResult<void>;
  makeDirectory(path: string): CallResult<void>;
  removeDirectory(path: string): CallResult<void>;
};

export const controlFiles: ControlFiles = {
  read: (path) => attempt(() => readFileSync(path, 'utf8')),
  write: (path, text) =>
    attempt(() => {
      const fd = openSync(path, constants.O_WRONLY);
      try {
        writeSync(fd, text);
      } finally {
        closeSync(fd);
      }
    }),
  makeDirectory: (path) =>
    attempt(() => {
      mkdirSync(path);
    }),
  removeDirectory: (path) =>
    attempt(() => {
      rmdirSync(path);
    }),
};

function attempt<T>(work: () => T): CallResult<T> {
  try {
    return { ok: true, value: work() };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { ok: false, errno: typeof code === 'string' ? code : 'EIO' };
  }
}
