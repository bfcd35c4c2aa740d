// proc_pid_stat(5) of a process, and the lists of processes and of descriptors: what commands read that look at processes themselves. What is gone
// in the meantime, or may not be looked at, is left out.
import { readdir, readFile } from 'node:fs/promises';
import { parseStatLine } from '../core/process-stat.ts';

export type ProcessStat = {
  readonly pid: number;
  /** At most 15 bytes of it: TASK_COMM_LEN. */
  readonly name: string;
  /** R, S, D, Z, T, t or I. */
  readonly state: string;
  readonly parent: number;
  readonly session: number;
  readonly cpuSeconds: number;
  readonly threads: number;
  /** Since the machine was started. */
  readonly startedAtSeconds: number;
  readonly residentBytes: number;
};

/** CLK_TCK, which is 100 on every Linux that Node.js runs on. */
const TICKS_PER_SECOND = 100;
/** Of x86-64, and of arm64 as it is usually built. */
const PAGE_BYTES = 4096;

export async function readStat(pid: number): Promise<ProcessStat | undefined> {
  const text = await readText(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(text);
}

/** Undefined when it is no such line. */
export function parseStat(text: string): ProcessStat | undefined {
  const { pid, name, state, parent, startTime, field } = parseStatLine(text);
  if (Number.isNaN(field(24))) return undefined;
  return {
    pid,
    name,
    state,
    parent,
    session: field(6),
    cpuSeconds: (field(14) + field(15)) / TICKS_PER_SECOND,
    threads: field(20),
    startedAtSeconds: startTime / TICKS_PER_SECOND,
    residentBytes: field(24) * PAGE_BYTES,
  };
}

export async function readAllStats(): Promise<readonly ProcessStat[]> {
  const pids = (await readNames('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => readStat(Number(pid))));
  return stats.filter((stat) => stat !== undefined);
}

export async function readNames(directory: string): Promise<readonly string[]> {
  return await readdir(directory).catch(() => []);
}

export async function readText(path: string): Promise<string | undefined> {
  return await readFile(path, 'utf8').catch(() => undefined);
}
