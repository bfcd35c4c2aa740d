// What the processes of each service use, looked up once for each scrape: whoever asks while a sample is being taken gets that one. It is taken in
// pieces, between which the thread is free for others. Nothing is read between two scrapes.
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Connections } from './connections.ts';
import type { ProcFiles } from './proc-files.ts';
import { ProcessOwners, type Leaders } from './process-owners.ts';
import { parseStat, readKernelUnits, type KernelUnits, type ProcessStat } from './process-stat.ts';
import type { TcpState } from './tcp-sockets.ts';
import { UsedResources, type Used, type UsingProcess } from './used-resources.ts';

/** One process tree. */
export type TreeSample = {
  readonly used: Used;
  /** Whether /proc/PID/io could be read of any of them: it takes the same user, or CAP_SYS_PTRACE. */
  readonly io: 'known' | 'hidden';
  readonly residentBytes: number;
  readonly proportionalBytes: number | undefined;
  readonly openFds: number;
  /** Of the process that has most. */
  readonly mostOpenFds: number;
  /** RLIMIT_NOFILE of the leader, the soft one. */
  readonly maxFds: number | undefined;
  readonly threads: number;
  readonly processes: number;
  readonly connections: ReadonlyMap<TcpState, number>;
};

export type SampleRequest = {
  readonly leaders: Leaders;
  /** All services, with what the engine has counted of those that have been waited for. */
  readonly waited: ReadonlyMap<string, Used>;
  readonly memory: 'resident' | 'proportional';
};

const NONE: TreeSample['connections'] = new Map();
/** What others wait for at most while a sample is taken. */
const PIECE_MS = 5;
const MOST_OPEN_FILES = /^Max open files +(\d+)/m;

export class ProcessSampler {
  readonly #files: ProcFiles;
  readonly #owners: ProcessOwners;
  readonly #connections: Connections;
  readonly #used = new Map<string, UsedResources>();
  #units: KernelUnits | undefined;
  #pieceBeganAtMs = 0;

  constructor(files: ProcFiles, bosun: number) {
    this.#files = files;
    this.#owners = new ProcessOwners(files, bosun);
    this.#connections = new Connections(files);
  }

  /** By service; one without processes has a sample too, of what it has used. One at a time. */
  async sample(request: SampleRequest): Promise<ReadonlyMap<string, TreeSample>> {
    const { leaders, waited } = request;
    this.#pieceBeganAtMs = performance.now();
    const processes = await this.#readProcesses();
    const services = new Set(waited.keys());
    const members = this.#owners.assign(processes, leaders, services);
    const connections = await this.#connections.count(members, leaders, () => this.#giveWay());
    const samples = new Map<string, TreeSample>();
    for (const [service, used] of waited) {
      const tree = new Tree(this.#files, request);
      for (const stat of members.get(service) ?? []) {
        tree.add(stat);
        await this.#giveWay();
      }
      const whole = tree.finish(this.#usedOf(service), used);
      samples.set(service, { ...whole, connections: connections.get(service) ?? NONE });
    }
    for (const service of this.#used.keys()) if (!services.has(service)) this.#used.delete(service);
    return samples;
  }

  async #readProcesses(): Promise<ReadonlyMap<number, ProcessStat>> {
    this.#units ??= readKernelUnits(this.#files);
    const processes = new Map<number, ProcessStat>();
    for (const pid of this.#files.pids()) {
      const text = this.#files.stat(pid);
      if (text !== undefined) processes.set(pid, parseStat(text, this.#units));
      await this.#giveWay();
    }
    return processes;
  }

  #usedOf(service: string): UsedResources {
    const known = this.#used.get(service) ?? new UsedResources();
    this.#used.set(service, known);
    return known;
  }

  /** Resolves at once most of the time; awaiting that costs a microtask. */
  #giveWay(): Promise<void> | undefined {
    if (performance.now() - this.#pieceBeganAtMs < PIECE_MS) return undefined;
    return nextTurn().then(() => {
      this.#pieceBeganAtMs = performance.now();
    });
  }
}

class Tree {
  readonly #files: ProcFiles;
  readonly #request: SampleRequest;
  readonly #members: UsingProcess[] = [];
  #io: TreeSample['io'] = 'hidden';
  #residentBytes = 0;
  #proportionalBytes = 0;
  #openFds = 0;
  #mostOpenFds = 0;
  #maxFds: number | undefined;
  #threads = 0;
  #processes = 0;

  constructor(files: ProcFiles, request: SampleRequest) {
    this.#files = files;
    this.#request = request;
  }

  add(stat: ProcessStat): void {
    const { pid, startTime, parent, state, userSeconds, systemSeconds } = stat;
    const io = this.#readIo(pid);
    this.#members.push({ pid, startTime, parent, used: { userSeconds, systemSeconds, ...io } });
    // A zombie has given back everything else.
    if (state === 'dead') return;
    this.#processes += 1;
    this.#threads += stat.threads;
    this.#residentBytes += stat.residentBytes;
    const openFds = this.#files.countFds(pid) ?? 0;
    this.#openFds += openFds;
    this.#mostOpenFds = Math.max(this.#mostOpenFds, openFds);
    if (this.#request.memory === 'proportional') this.#proportionalBytes += this.#readProportional(pid);
    if (this.#request.leaders.has(pid)) this.#maxFds = this.#readMaxFds(pid);
  }

  finish(used: UsedResources, waited: Used): Omit<TreeSample, 'connections'> {
    return {
      used: used.update(this.#members, waited),
      io: this.#io,
      residentBytes: this.#residentBytes,
      proportionalBytes: this.#request.memory === 'proportional' ? this.#proportionalBytes : undefined,
      openFds: this.#openFds,
      mostOpenFds: this.#mostOpenFds,
      maxFds: this.#maxFds,
      threads: this.#threads,
      processes: this.#processes,
    };
  }

  /** proc_pid_io(5): what went to and came from storage. */
  #readIo(pid: number): Pick<Used, 'readBytes' | 'writtenBytes'> {
    const text = this.#files.io(pid);
    if (text === undefined || text === '') return { readBytes: 0, writtenBytes: 0 };
    this.#io = 'known';
    return {
      readBytes: numberAfter(text, '\nread_bytes: '),
      writtenBytes: numberAfter(text, '\nwrite_bytes: '),
    };
  }

  #readProportional(pid: number): number {
    return numberAfter(this.#files.smapsRollup(pid) ?? '', '\nPss:') * 1024;
  }

  #readMaxFds(pid: number): number | undefined {
    const soft = MOST_OPEN_FILES.exec(this.#files.limits(pid) ?? '')?.[1];
    return soft === undefined ? undefined : Number(soft);
  }
}

function numberAfter(text: string, label: string): number {
  const at = text.indexOf(label);
  return at === -1 ? 0 : Number.parseInt(text.slice(at + label.length), 10);
}
