// The processes of a service as they are at the moment: its leader's session, and all that descends from it, with what each has open.
import { readlink } from 'node:fs/promises';
import { describeBlocked } from './blocked-on.ts';
import { readSockets, type Socket } from './proc-sockets.ts';
import { readAllStats, readNames, readText, type ProcessStat } from './proc-stat.ts';

export type OpenFile = { readonly fd: number; readonly what: string };
export type Limit = {
  readonly name: string;
  readonly soft: string;
  readonly hard: string;
  readonly unit: string;
};
export type TracedProcess = Omit<ProcessStat, 'startedAtSeconds'> & {
  readonly command: string;
  readonly doing: string;
  readonly ageSeconds: number;
  /** Undefined: they may not be looked at. */
  readonly open: readonly OpenFile[] | undefined;
  readonly limits: readonly Limit[];
};

/** Parents before their children. */
export async function readProcessTree(leader: number): Promise<readonly TracedProcess[]> {
  const stats = treeOf(leader, await readAllStats());
  const sockets = await readSockets(leader);
  const upSeconds = Number((await readText('/proc/uptime'))?.split(' ')[0] ?? 0);
  return await Promise.all(stats.map((stat) => look(stat, sockets, upSeconds)));
}

/** As JSON has it: snake_case, as in the API. */
export function showProcess({ cpuSeconds, residentBytes, ageSeconds, ...process }: TracedProcess): object {
  return { ...process, cpu_seconds: cpuSeconds, resident_bytes: residentBytes, age_seconds: ageSeconds };
}

function treeOf(leader: number, all: readonly ProcessStat[]): readonly ProcessStat[] {
  const session = all.find(({ pid }) => pid === leader)?.session;
  const found = new Map(
    all.filter((stat) => stat.pid === leader || stat.session === session).map((stat) => [stat.pid, stat]),
  );
  for (let size = -1; size !== found.size;) {
    size = found.size;
    for (const stat of all) if (found.has(stat.parent)) found.set(stat.pid, stat);
  }
  return sortByAncestry([...found.values()]);
}

function sortByAncestry(stats: readonly ProcessStat[]): readonly ProcessStat[] {
  const pids = new Set(stats.map(({ pid }) => pid));
  const below = (parent: ProcessStat): readonly ProcessStat[] => [
    parent,
    ...stats.filter((stat) => stat.parent === parent.pid).flatMap(below),
  ];
  return stats.filter(({ parent }) => !pids.has(parent)).flatMap(below);
}

async function look(
  { startedAtSeconds, ...stat }: ProcessStat,
  sockets: ReadonlyMap<string, Socket>,
  upSeconds: number,
): Promise<TracedProcess> {
  const { pid } = stat;
  const open = await readOpenFiles(pid, sockets);
  const described = (fd: string): string | undefined => open?.find((file) => String(file.fd) === fd)?.what;
  const [command, syscall, limits] = await Promise.all(
    ['cmdline', 'syscall', 'limits'].map((name) => readText(`/proc/${pid}/${name}`)),
  );
  return {
    ...stat,
    ageSeconds: Math.max(0, upSeconds - startedAtSeconds),
    command: (command ?? '').replace(/\0+$/, '').replaceAll('\0', ' ') || `[${stat.name}]`,
    doing: describeBlocked(stat.state, syscall, described),
    open,
    limits: parseLimits(limits ?? ''),
  };
}

async function readOpenFiles(
  pid: number,
  sockets: ReadonlyMap<string, Socket>,
): Promise<readonly OpenFile[] | undefined> {
  const directory = `/proc/${pid}/fd`;
  const fds = (await readNames(directory)).map(Number).toSorted((a, b) => a - b);
  if (fds.length === 0) return undefined;
  const targets = await Promise.all(fds.map((fd) => readlink(`${directory}/${fd}`).catch(() => undefined)));
  return fds.flatMap((fd, index) => {
    const target = targets[index];
    return target === undefined ? [] : [{ fd, what: describeTarget(target, sockets) }];
  });
}

function describeTarget(target: string, sockets: ReadonlyMap<string, Socket>): string {
  const [, kind, id = ''] = /^(socket|pipe|anon_inode):\[?([^\]]+)\]?$/.exec(target) ?? [];
  if (kind === 'socket') return sockets.get(id)?.text ?? 'socket';
  if (kind === 'pipe') return `pipe ${id}`;
  return kind === undefined ? target : id;
}

/** Those that are limits: in columns, whose names have blanks in them. */
function parseLimits(text: string): readonly Limit[] {
  return text
    .split('\n')
    .slice(1)
    .flatMap((line) => {
      const [, name, soft = '', hard = '', unit = ''] = /^Max (.+?) {2,}(\S+) +(\S+) *(\S*)/.exec(line) ?? [];
      return name === undefined || soft === 'unlimited' ? [] : [{ name, soft, hard, unit }];
    });
}
