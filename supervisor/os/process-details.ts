// What /proc tells of a process that is looked for, read asynchronously: /proc/PID/cmdline is in the memory of that process, and the kernel
// makes its reader wait while that memory is in trouble. So it is read by libuv's threads, never by the thread of the engine.
import { constants } from 'node:fs';
import { open, readdir, readlink } from 'node:fs/promises';
import type { Pid } from '../core/names.ts';
import { parseStat, type ProcessStat } from './procfs.ts';
import type { CallResult } from './system-calls.ts';

/** Of the arguments so much is looked at; whoever writes a pattern knows how they begin. */
export const MOST_ARGUMENT_BYTES = 4096;
const MOST_STAT_BYTES = 2048;
const MOST_STATUS_BYTES = 4096;
/** A number and a newline; some write more lines. */
const MOST_PID_FILE_BYTES = 64;
/** Linux, <linux/threads.h>: PID_MAX_LIMIT. */
const MOST_PID = 4_194_304;

export async function listPids(): Promise<CallResult<readonly Pid[]>> {
  return await attempt(async () => {
    const names = await readdir('/proc');
    // Whatever else is there is no number.
    return names.map((name) => Number(name) as Pid).filter((pid) => pid > 0);
  });
}

/** Joined with spaces. Empty of one that has ended, and of a thread of the kernel. */
export async function argumentsOf(pid: Pid): Promise<CallResult<string>> {
  const read = await readStart(`/proc/${pid}/cmdline`, MOST_ARGUMENT_BYTES);
  // Programs that write their title there (setproctitle(3)) fill the rest with zeros.
  return read.ok ? { ok: true, value: read.value.replace(/\0+$/, '').replaceAll('\0', ' ') } : read;
}

/** ENOENT: it has ended, or is a thread of the kernel. */
export async function executableOf(pid: Pid): Promise<CallResult<string>> {
  const read = await attempt(() => readlink(`/proc/${pid}/exe`));
  // The file has been replaced since by a new version, proc(5).
  return read.ok ? { ok: true, value: read.value.replace(/ \(deleted\)$/, '') } : read;
}

/** Its effective user. */
export async function userOf(pid: Pid): Promise<CallResult<number>> {
  const read = await readStart(`/proc/${pid}/status`, MOST_STATUS_BYTES);
  if (!read.ok) return read;
  const uid = /^Uid:\s+\d+\s+(\d+)/m.exec(read.value)?.[1];
  return uid === undefined ? { ok: false, errno: 'EINVAL' } : { ok: true, value: Number(uid) };
}

export async function readStat(pid: Pid): Promise<ProcessStat | undefined> {
  const read = await readStart(`/proc/${pid}/stat`, MOST_STAT_BYTES);
  return read.ok ? parseStat(pid, read.value) : undefined;
}

/** Undefined when the file holds no process id. */
export async function pidIn(path: string): Promise<CallResult<Pid | undefined>> {
  const read = await readStart(path, MOST_PID_FILE_BYTES);
  if (!read.ok) return read;
  const pid = Number(/^\s*(\d+)\s*$/m.exec(read.value)?.[1] ?? 0);
  return { ok: true, value: pid > 0 && pid <= MOST_PID ? (pid as Pid) : undefined };
}

async function readStart(path: string, mostBytes: number): Promise<CallResult<string>> {
  return await attempt(async () => {
    // A FIFO in the place of a pid file would hold one of libuv's threads for ever, open(2).
    await using file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(mostBytes), 0, mostBytes, 0);
    return buffer.toString('utf8', 0, bytesRead);
  });
}

async function attempt<Value>(work: () => Promise<Value>): Promise<CallResult<Value>> {
  try {
    return { ok: true, value: await work() };
  } catch (error) {
    return { ok: false, errno: (error as NodeJS.ErrnoException).code ?? String(error) };
  }
}
