// /proc/PID/stat, proc_pid_stat(5), in the units that metrics have.
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

// Counted from the one after the name, which may hold spaces and parentheses.
const STATE = 0;
const PARENT = 1;
const SESSION = 3;
const USER = 11;
const SYSTEM = 12;
const USER_OF_CHILDREN = 13;
const SYSTEM_OF_CHILDREN = 14;
const THREADS = 17;
const START_TIME = 19;
const RESIDENT_PAGES = 21;

/** Where it cannot be read: what nearly every machine has. */
export function readKernelUnits({ auxv }: Pick<ProcFiles, 'auxv'>): KernelUnits {
  const found = new Map<bigint, number>();
  const bytes = auxv() ?? Buffer.alloc(0);
  for (let at = 0; at + ENTRY_BYTES <= bytes.length; at += ENTRY_BYTES)
    found.set(bytes.readBigUInt64LE(at), Number(bytes.readBigUInt64LE(at + 8)));
  return { ticksPerSecond: found.get(AT_CLKTCK) ?? 100, pageBytes: found.get(AT_PAGESZ) ?? 4096 };
}

export function parseStat(text: string, { ticksPerSecond, pageBytes }: KernelUnits): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ', RESIDENT_PAGES + 1);
  const number = (index: number): number => Number(fields[index]);
  const state = fields[STATE];
  return {
    pid: Number.parseInt(text, 10),
    startTime: number(START_TIME),
    // A zombie: it has ended, and nobody has waited for it yet.
    state: state === 'Z' || state === 'X' ? 'dead' : 'alive',
    parent: number(PARENT),
    session: number(SESSION),
    userSeconds: (number(USER) + number(USER_OF_CHILDREN)) / ticksPerSecond,
    systemSeconds: (number(SYSTEM) + number(SYSTEM_OF_CHILDREN)) / ticksPerSecond,
    threads: number(THREADS),
    residentBytes: number(RESIDENT_PAGES) * pageBytes,
  };
}
