// /proc/PID/stat, proc_pid_stat(5), in the units that metrics have.
import { parseStatLine } from '../../core/process-stat.ts';
import type { ProcFiles } from './proc-files.ts';

export type ProcessStat = {
  readonly pid: number;
  /** In ticks since boot: with it a pid is never taken for another one. */
  readonly startTime: number;
  readonly state: 'alive' | 'dead';
  readonly parent: number;
  readonly session: number;
  /** Its own, and that of the children which it has waited for. */
  readonly userSeconds: number;
  readonly systemSeconds: number;
  readonly threads: number;
  readonly residentBytes: number;
};

/** sysconf(3): _SC_CLK_TCK and _SC_PAGESIZE. */
export type KernelUnits = { readonly ticksPerSecond: number; readonly pageBytes: number };

// <elf.h>
const AT_PAGESZ = 6n;
const AT_CLKTCK = 17n;
const ENTRY_BYTES = 16;

// Fields of proc_pid_stat(5).
const SESSION = 6;
const USER = 14;
const SYSTEM = 15;
const USER_OF_CHILDREN = 16;
const SYSTEM_OF_CHILDREN = 17;
const THREADS = 20;
const RESIDENT_PAGES = 24;

/** Where it cannot be read: what nearly every machine has. */
export function readKernelUnits({ auxv }: Pick<ProcFiles, 'auxv'>): KernelUnits {
  const found = new Map<bigint, number>();
  const bytes = auxv() ?? Buffer.alloc(0);
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES)
    found.set(bytes.readBigUInt64LE(at), Number(bytes.readBigUInt64LE(at + 8)));
  return { ticksPerSecond: found.get(AT_CLKTCK) ?? 100, pageBytes: found.get(AT_PAGESZ) ?? 4096 };
}

export function parseStat(text: string, { ticksPerSecond, pageBytes }: KernelUnits): ProcessStat {
  const { pid, startTime, life, parent, field } = parseStatLine(text, RESIDENT_PAGES);
  return {
    pid,
    startTime,
    state: life,
    parent,
    session: field(SESSION),
    userSeconds: (field(USER) + field(USER_OF_CHILDREN)) / ticksPerSecond,
    systemSeconds: (field(SYSTEM) + field(SYSTEM_OF_CHILDREN)) / ticksPerSecond,
    threads: field(THREADS),
    residentBytes: field(RESIDENT_PAGES) * pageBytes,
  };
}
