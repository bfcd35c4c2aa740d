// Who listens on a TCP port in this container: the socket's inode by the tables of the network namespace, and who has it open by /proc/PID/fd. Only
// looks, and says nothing where it may not look.
import { readlink } from 'node:fs/promises';
import { readSockets } from './proc-sockets.ts';
import { readNames, readStat } from './proc-stat.ts';

export type PortHolder = {
  readonly port: number;
  readonly pid: number;
  readonly name: string;
  /** Its parent, the parent of that, and so on. */
  readonly ancestors: readonly number[];
};

const MOST_ANCESTORS = 64;

export async function findPortHolder(ports: readonly number[]): Promise<PortHolder | undefined> {
  const listening = [...(await readSockets('self')).values()];
  for (const port of ports) {
    const inodes = listening.filter(({ listensOn }) => listensOn === port).map(({ inode }) => inode);
    const pid = inodes.length === 0 ? undefined : await ownerOf(inodes);
    const stat = pid === undefined ? undefined : await readStat(pid);
    if (stat !== undefined)
      return { port, pid: stat.pid, name: stat.name, ancestors: await ancestorsOf(stat.parent) };
  }
  return undefined;
}

async function ownerOf(inodes: readonly string[]): Promise<number | undefined> {
  const wanted = new Set(inodes.map((inode) => `socket:[${inode}]`));
  for (const pid of await readNames('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    for (const fd of await readNames(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
      if (wanted.has(target)) return Number(pid);
    }
  }
  return undefined;
}

async function ancestorsOf(parent: number): Promise<readonly number[]> {
  const ancestors: number[] = [];
  for (let next = parent; next > 0 && ancestors.length < MOST_ANCESTORS;) {
    ancestors.push(next);
    next = (await readStat(next))?.parent ?? 0;
  }
  return ancestors;
}
