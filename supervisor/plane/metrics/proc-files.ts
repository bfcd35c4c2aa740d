// What metrics read of /proc, proc(5), as one port: a test counts the reads. Synchronous: procfs is memory, each file is some ten microseconds,
// and a promise for each would cost more than that. What is gone, hidden (hidepid) or forbidden is undefined.
import { closeSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, statSync } from 'node:fs';

export type ProcFiles = {
  /** Every process. */
  readonly pids: () => readonly number[];
  readonly stat: (pid: number) => string | undefined;
  readonly io: (pid: number) => string | undefined;
  readonly limits: (pid: number) => string | undefined;
  readonly environ: (pid: number) => string | undefined;
  /** cgroups(7): in which control groups it is. */
  readonly cgroup: (pid: number) => string | undefined;
  /** Of Linux 4.14 on; slow: the kernel walks through all of its pages. */
  readonly smapsRollup: (pid: number) => string | undefined;
  /** How many files it has open. */
  readonly countFds: (pid: number) => number | undefined;
  /** What its descriptors are, such as `socket:[4711]`. */
  readonly fdLinks: (pid: number) => readonly string[];
  /** All TCP sockets of this network namespace. */
  readonly tcp: (version: 'tcp' | 'tcp6') => string;
  /** getauxval(3): what the kernel has told this process, in pairs of 64-bit numbers. */
  readonly auxv: () => Buffer | undefined;
};

const buffer = Buffer.allocUnsafeSlow(4096);

export const procFiles: ProcFiles = {
  // Whatever else is there is no number.
  pids: () => (list('/proc') ?? []).map(Number).filter((pid) => pid > 0),
  stat: (pid) => readShort(`/proc/${pid}/stat`),
  io: (pid) => readShort(`/proc/${pid}/io`),
  limits: (pid) => readShort(`/proc/${pid}/limits`),
  cgroup: (pid) => readShort(`/proc/${pid}/cgroup`),
  environ: (pid) => readWhole(`/proc/${pid}/environ`),
  smapsRollup: (pid) => readShort(`/proc/${pid}/smaps_rollup`),
  countFds,
  fdLinks,
  tcp: (version) => readWhole(`/proc/self/net/${version}`) ?? '',
  auxv: () => attempt(() => readFileSync('/proc/self/auxv')),
};

/** At most 4096 bytes, which none of these files has more of. */
function readShort(path: string): string | undefined {
  return attempt(() => {
    const fd = openSync(path, 'r');
    try {
      return buffer.toString('latin1', 0, readSync(fd, buffer, 0, buffer.length, null));
    } finally {
      closeSync(fd);
    }
  });
}

function readWhole(path: string): string | undefined {
  return attempt(() => readFileSync(path, 'latin1'));
}

function countFds(pid: number): number | undefined {
  const directory = `/proc/${pid}/fd`;
  const size = attempt(() => statSync(directory).size);
  // The kernel counts them itself from Linux 6.2 on.
  return size === 0 ? list(directory)?.length : size;
}

function fdLinks(pid: number): readonly string[] {
  const directory = `/proc/${pid}/fd`;
  return (list(directory) ?? []).flatMap((fd) => attempt(() => readlinkSync(`${directory}/${fd}`)) ?? []);
}

function list(path: string): readonly string[] | undefined {
  return attempt(() => readdirSync(path));
}

function attempt<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
