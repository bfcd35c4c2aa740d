// Which service has which TCP socket. To ask every process for every descriptor would cost more than all the rest of a scrape, so first those are asked
// that had sockets before, and the others only while there is a socket that nobody is known to have.
import type { ProcFiles } from './proc-files.ts';
import type { Leaders } from './process-owners.ts';
import type { ProcessStat } from './process-stat.ts';
import { inodeOf, readTcpSockets, type TcpState } from './tcp-sockets.ts';

export type Members = ReadonlyMap<string, readonly ProcessStat[]>;
/** By service and state. A socket that processes of one service share counts once; one that two services share counts for one of them. */
export type ConnectionCounts = ReadonlyMap<string, ReadonlyMap<TcpState, number>>;
type Files = Pick<ProcFiles, 'tcp' | 'fdLinks'>;
type GiveWay = () => Promise<void> | undefined;

export class Connections {
  readonly #files: Files;
  /** By pid: those that had sockets last time. */
  #having: ReadonlyMap<number, number> = new Map();
  /** Sockets of nobody here: Bosun's, those of jobs, those of others in this network namespace. They stay so until somebody else leads a service. */
  #foreign: ReadonlySet<string> = new Set();
  #leaders: ReadonlySet<number> = new Set();

  constructor(files: Files) {
    this.#files = files;
  }

  async count(members: Members, leaders: Leaders, giveWay: GiveWay): Promise<ConnectionCounts> {
    const sockets = readTcpSockets(this.#files);
    const known = this.#knowsAll(leaders) ? this.#foreign : new Set<string>();
    const look = new Look(this.#files, sockets, known);
    const had = (stat: ProcessStat): boolean => this.#having.get(stat.pid) === stat.startTime;
    await look.ask(members, had, giveWay);
    if (!look.isComplete) look.leaveOut(this.#files.fdLinks(process.pid));
    if (!look.isComplete) await look.ask(members, (stat) => !had(stat), giveWay);
    this.#having = look.having;
    this.#foreign = look.foreign;
    this.#leaders = new Set(leaders.keys());
    return look.counts;
  }

  #knowsAll(leaders: Leaders): boolean {
    return [...leaders.keys()].every((pid) => this.#leaders.has(pid));
  }
}

class Look {
  readonly having = new Map<number, number>();
  readonly #files: Files;
  readonly #sockets: ReadonlyMap<string, TcpState>;
  readonly #foreign: Set<string>;
  readonly #missing: Set<string>;
  readonly #inodesOf = new Map<string, Set<string>>();

  constructor(files: Files, sockets: ReadonlyMap<string, TcpState>, foreign: ReadonlySet<string>) {
    this.#files = files;
    this.#sockets = sockets;
    const inodes = new Set(sockets.keys());
    this.#foreign = new Set(foreign).intersection(inodes);
    this.#missing = inodes.difference(this.#foreign);
  }

  get isComplete(): boolean {
    return this.#missing.size === 0;
  }

  get foreign(): ReadonlySet<string> {
    return this.#foreign.union(this.#missing);
  }

  get counts(): ConnectionCounts {
    const counts = new Map<string, Map<TcpState, number>>();
    for (const [service, inodes] of this.#inodesOf) {
      const states = [...inodes].flatMap((inode) => this.#sockets.get(inode) ?? []);
      const groups = Map.groupBy(states, (state) => state);
      counts.set(service, new Map([...groups].map(([state, list]) => [state, list.length])));
    }
    return counts;
  }

  async ask(members: Members, which: (stat: ProcessStat) => boolean, giveWay: GiveWay): Promise<void> {
    for (const [service, processes] of members)
      for (const stat of processes) {
        if (this.isComplete) return;
        if (stat.state === 'dead' || !which(stat)) continue;
        this.#note(service, stat);
        await giveWay();
      }
  }

  leaveOut(links: readonly string[]): void {
    for (const link of links) {
      const inode = inodeOf(link);
      if (inode !== undefined && this.#missing.delete(inode)) this.#foreign.add(inode);
    }
  }

  #note(service: string, { pid, startTime }: ProcessStat): void {
    for (const link of this.#files.fdLinks(pid)) {
      const inode = inodeOf(link);
      if (inode === undefined || !this.#sockets.has(inode)) continue;
      this.having.set(pid, startTime);
      this.#missing.delete(inode);
      const inodes = this.#inodesOf.get(service) ?? new Set<string>();
      this.#inodesOf.set(service, inodes.add(inode));
    }
  }
}
