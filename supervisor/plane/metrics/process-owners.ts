// Whose a process is: the service whose leader it descends from. One that has lost its ancestors is known by what was seen of it before, by its
// session, by its control group where the service has one, or by BOSUN_SERVICE, which a daemon inherits with its environment however often it
// forks. Remembers nobody who has ended.
import type { ProcFiles } from './proc-files.ts';
import type { ProcessStat } from './process-stat.ts';

/** By pid: the service that a process leads, or undefined for what is no service, such as a job. */
export type Leaders = ReadonlyMap<number, string | undefined>;

type Remembered = { readonly startTime: number; readonly service: string | undefined };

type Files = Pick<ProcFiles, 'environ' | 'cgroup'>;

const OWN_VARIABLE = 'BOSUN_SERVICE=';
/** As os/service-groups.ts names them. */
const OWN_GROUP = /^0::.*\/bosun\/([^/\n]+)$/m;

export class ProcessOwners {
  readonly #files: Files;
  readonly #bosun: number;
  #remembered: ReadonlyMap<number, Remembered> = new Map();
  #sessions: ReadonlyMap<number, string> = new Map();

  /** `bosun`: its pid, which orphans get as their parent. */
  constructor(files: Files, bosun: number) {
    this.#files = files;
    this.#bosun = bosun;
  }

  /** `processes`: all there are, by pid. `services`: those that are known; whoever names another one is nobody's. */
  assign(
    processes: ReadonlyMap<number, ProcessStat>,
    leaders: Leaders,
    services: ReadonlySet<string>,
  ): ReadonlyMap<string, readonly ProcessStat[]> {
    const look = new Look(processes, leaders, {
      bosun: this.#bosun,
      orphan: (stat) => this.#ownerOfOrphan(stat, sessions, services),
    });
    const sessions = this.#liveSessions(processes, leaders);
    const members = new Map<string, ProcessStat[]>();
    const remembered = new Map<number, Remembered>();
    for (const stat of processes.values()) {
      const service = look.ownerOf(stat.pid);
      remembered.set(stat.pid, { startTime: stat.startTime, service });
      if (service === undefined) continue;
      const list = members.get(service);
      if (list === undefined) members.set(service, [stat]);
      else list.push(stat);
    }
    this.#remembered = remembered;
    this.#sessions = sessions;
    return members;
  }

  /** A session lives as long as one process of it, credentials(7): those of leaders that have ended count too. */
  #liveSessions(processes: ReadonlyMap<number, ProcessStat>, leaders: Leaders): ReadonlyMap<number, string> {
    const sessions = new Map<number, string>();
    const own = processes.get(this.#bosun)?.session;
    for (const { session } of processes.values()) {
      const service = this.#sessions.get(session);
      if (service !== undefined) sessions.set(session, service);
    }
    for (const [pid, service] of leaders) {
      const session = processes.get(pid)?.session;
      // A command that was given the terminal stays in Bosun's session.
      if (service !== undefined && session !== undefined && session !== own) sessions.set(session, service);
    }
    return sessions;
  }

  #ownerOfOrphan(
    { pid, startTime, session, parent }: ProcessStat,
    sessions: ReadonlyMap<number, string>,
    services: ReadonlySet<string>,
  ): string | undefined {
    const seen = this.#remembered.get(pid);
    if (seen?.startTime === startTime) return seen.service;
    const bySession = sessions.get(session);
    if (bySession !== undefined) return bySession;
    // Whoever is nobody's child here is not of this container, and none of our business.
    if (parent !== this.#bosun) return undefined;
    const name = this.#inControlGroup(pid) ?? this.#inEnvironment(pid);
    return name !== undefined && services.has(name) ? name : undefined;
  }

  #inControlGroup(pid: number): string | undefined {
    return OWN_GROUP.exec(this.#files.cgroup(pid) ?? '')?.[1];
  }

  #inEnvironment(pid: number): string | undefined {
    const variables = this.#files.environ(pid)?.split('\0') ?? [];
    return variables.find((line) => line.startsWith(OWN_VARIABLE))?.slice(OWN_VARIABLE.length);
  }
}

/** One pass over all processes; each is decided once. */
class Look {
  readonly #processes: ReadonlyMap<number, ProcessStat>;
  readonly #leaders: Leaders;
  readonly #bosun: number;
  readonly #orphan: (stat: ProcessStat) => string | undefined;
  readonly #decided = new Map<number, string | undefined>();

  constructor(
    processes: ReadonlyMap<number, ProcessStat>,
    leaders: Leaders,
    { bosun, orphan }: { readonly bosun: number; readonly orphan: (stat: ProcessStat) => string | undefined },
  ) {
    this.#processes = processes;
    this.#leaders = leaders;
    this.#bosun = bosun;
    this.#orphan = orphan;
  }

  /** Without recursion: a chain of processes may be as long as there are pids. */
  ownerOf(pid: number): string | undefined {
    const below: number[] = [];
    let at = pid;
    let found = this.#decide(at);
    while (found.kind === 'parent') {
      // Without what it leads to: processes that were read one after the other may seem to be each other's parents.
      this.#decided.set(at, undefined);
      below.push(at);
      at = found.parent;
      found = this.#decide(at);
    }
    for (const each of [...below, at]) this.#decided.set(each, found.owner);
    return found.owner;
  }

  #decide(
    pid: number,
  ):
    | { readonly kind: 'owner'; readonly owner: string | undefined }
    | { readonly kind: 'parent'; readonly parent: number } {
    if (this.#decided.has(pid)) return { kind: 'owner', owner: this.#decided.get(pid) };
    if (this.#leaders.has(pid)) return { kind: 'owner', owner: this.#leaders.get(pid) };
    const stat = this.#processes.get(pid);
    if (stat === undefined || pid === this.#bosun) return { kind: 'owner', owner: undefined };
    const isOrphan = stat.parent === this.#bosun || !this.#processes.has(stat.parent);
    return isOrphan ? { kind: 'owner', owner: this.#orphan(stat) } : { kind: 'parent', parent: stat.parent };
  }
}
