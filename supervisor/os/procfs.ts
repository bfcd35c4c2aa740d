// What /proc tells of processes, proc(5). Where it is not mounted or hides something (hidepid), less is found and nothing fails.
// Read synchronously: procfs is memory, and each file here is a few microseconds. Never asked for periodically.
import { readdirSync, readFileSync } from 'node:fs';
import type { Pid } from '../core/names.ts';
import { parseStatLine } from '../core/process-stat.ts';

/** A pid alone may be somebody else's by now; with the time at which it began, in clock ticks since boot, it is not. */
export type ProcessIdentity = { readonly pid: Pid; readonly startTime: number };

export type ProcessStat = ProcessIdentity & {
  /** The program's name, at most 15 bytes. */
  readonly name: string;
  readonly state: 'alive' | 'dead';
  readonly parent: Pid;
};

/** Of proc_pid_stat(5). */
const EXIT_CODE = 52;

export function statOf(pid: Pid): ProcessStat | undefined {
  const text = read(`/proc/${pid}/stat`);
  return text === undefined ? undefined : parseStat(pid, text);
}

/** The text of /proc/PID/stat. */
export function parseStat(pid: Pid, text: string): ProcessStat {
  const { startTime, name, life, parent } = parseStatLine(text);
  return { pid, startTime, name, state: life, parent: parent as Pid };
}

/** What the same process is now; undefined when it is gone and its parent knows. */
export function lookAgain({ pid, startTime }: ProcessIdentity): ProcessStat | undefined {
  const stat = statOf(pid);
  return stat?.startTime === startTime ? stat : undefined;
}

/**
 * How one that nobody has waited for yet has ended, in the form of wait(2). The kernel says 0 also to those who may not know, so
 * that 0 tells nothing.
 */
export function waitStatusOf(identity: ProcessIdentity): number | undefined {
  const text = read(`/proc/${identity.pid}/stat`);
  if (text === undefined) return undefined;
  const { startTime, life, field } = parseStatLine(text);
  if (startTime !== identity.startTime || life !== 'dead') return undefined;
  const status = field(EXIT_CODE);
  return status > 0 ? status : undefined;
}

/** Undefined when there is no /proc to ask. */
export function everyPid(): readonly Pid[] | undefined {
  // Whatever else is there is no number.
  return list('/proc')
    ?.map((name) => Number(name) as Pid)
    .filter((pid) => pid > 0);
}

/** The children of this thread; all of Bosun's are, the adopted ones too. Undefined where the kernel does not tell (CONFIG_PROC_CHILDREN). */
export function ownChildren(): readonly Pid[] | undefined {
  return readPids('/proc/thread-self/children');
}

/** At most so many files are read for one walk: a tree of processes is small, or somebody's fork bomb. */
const MOST_READS = 4096;

/** Those given, their children, and so on. */
export function familyOf(roots: readonly Pid[]): ReadonlySet<Pid> {
  const family = new Set(roots);
  let reads = 0;
  // A set goes on to what is added on the way.
  for (const pid of family) {
    for (const thread of list(`/proc/${pid}/task`) ?? []) {
      if (++reads > MOST_READS) return family;
      for (const child of readPids(`/proc/${pid}/task/${thread}/children`) ?? []) family.add(child);
    }
  }
  return family;
}

function readPids(path: string): readonly Pid[] | undefined {
  const text = read(path);
  // Each number has a space after it.
  return text
    ?.split(' ')
    .slice(0, -1)
    .map((pid) => Number(pid) as Pid);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

function list(path: string): readonly string[] | undefined {
  try {
    return readdirSync(path);
  } catch {
    return undefined;
  }
}
