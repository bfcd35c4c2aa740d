// The control plane's keeper: starts its worker thread after the first services, feeds it events and the ends of jobs, and starts another when
// it dies. Services do not notice: their output is the logs' thread's.
import type { SharedCounters } from '../core/counter-board.ts';
import type { CommandResult } from '../core/effect.ts';
import type { RecordedEvent } from '../core/event.ts';
import type { Command } from '../core/input.ts';
import type { FromPlane, LentJobEnd, ToPlane, UpgradeAnswer, UpgradeRequest } from '../core/plane-message.ts';
import type { FleetSpec } from '../core/service-spec.ts';
import { CommandMemory, type KeptAcceptance } from './command-memory.ts';
import { KeptEnds, type KeptEnd } from './kept-ends.ts';
import type { PlanePort } from './ports.ts';
import { ThreadKeeper, type KeptThread, type KeptThreadObserver } from './thread-keeper.ts';

export type PlaneHostPorts<Port> = {
  readonly startWorker: (observer: KeptThreadObserver<FromPlane>) => KeptThread<ToPlane, Port>;
  /** Undefined when no descriptor is left. */
  readonly duplicate: (fd: number) => number | undefined;
  readonly close: (fd: number) => void;
  /** The state and the newest events, for a worker that starts. */
  readonly hello: () => Extract<ToPlane, { type: 'hello' }>;
  /** A worker has begun, and wants to be joined to the logs. */
  readonly begun: () => void;
  readonly command: (command: Command) => void;
  readonly listening: (socketPath: string, start: 'first' | 'again') => void;
  readonly note: (note: Extract<FromPlane, { type: 'note' }>) => void;
  readonly journaled: (upToId: number) => void;
  readonly failed: (reason: string) => void;
  /** Undefined: Bosun cannot be replaced here. */
  readonly upgrade?: (request: UpgradeRequest) => void;
};

/** What the host of another process image goes on with. */
export type SavedPlane = {
  readonly ends: readonly KeptEnd[];
  readonly accepted: readonly KeptAcceptance[];
  readonly applyActor: string | undefined;
  /** The newest event that stands in Bosun's own log. */
  readonly toldUpToId: number;
};

type Configuration = { readonly spec: FleetSpec | undefined; readonly target: FleetSpec | undefined };

const LEND_RETRY_MS = 500;

export class PlaneHost<Port> implements PlanePort {
  readonly #ports: PlaneHostPorts<Port>;
  readonly #keeper: ThreadKeeper<FromPlane, ToPlane, Port>;
  readonly #kept: KeptEnds;
  readonly #memory: CommandMemory;
  #configuration: Configuration = { spec: undefined, target: undefined };
  /** Who asked for the configuration to be applied while there was no worker to do it. */
  #applyActor: string | undefined;

  #toldUpToId: number | undefined;

  constructor(ports: PlaneHostPorts<Port>, saved?: SavedPlane) {
    this.#ports = ports;
    this.#kept = new KeptEnds(ports.close);
    this.#memory = new CommandMemory(() => performance.now(), saved?.accepted);
    for (const end of saved?.ends ?? []) this.#kept.keep(end);
    this.#applyActor = saved?.applyActor;
    this.#toldUpToId = saved?.toldUpToId;
    this.#keeper = new ThreadKeeper({
      start: ports.startWorker,
      begin: (worker) => {
        this.#begin(worker);
      },
      message: (message) => {
        this.#onMessage(message);
      },
      failed: ports.failed,
    });
  }

  start(): void {
    this.#keeper.begin();
  }

  /** Once `handOver` has resolved: nobody reads the jobs' pipes, and what has been read of them is written. */
  get saved(): SavedPlane {
    return {
      ends: this.#kept.saved,
      accepted: this.#memory.kept,
      applyActor: this.#applyActor,
      toldUpToId: this.#toldUpToId ?? 0,
    };
  }

  publish(events: readonly RecordedEvent[]): void {
    this.#kept.follow(events);
    this.#keeper.post({ type: 'events', events, ...this.#configuration });
    this.#configuration = { spec: undefined, target: undefined };
  }

  /** Goes with the next events, so that the control plane never sees one without the other. */
  configured(spec: FleetSpec, target: FleetSpec | undefined): void {
    this.#configuration = { spec, target };
  }

  /** Kept for the next worker when there is none. One that dies of it is not asked again: the next would die of it too. */
  requestApply(actor: string): void {
    if (this.#keeper.running === undefined) this.#applyActor = actor;
    else this.#keeper.post({ type: 'apply-requested', actor });
  }

  reply(command: string, result: CommandResult): void {
    this.#memory.note(command, result);
    this.#keeper.post({ type: 'reply', command, result });
  }

  /** The channel to the logs' thread, anew whenever one of the two is. */
  joinLogs(port: Port, bell: number, board: SharedArrayBuffer): void {
    this.#keeper.post({ type: 'logs', port: port as MessagePort, bell, board }, [port]);
  }

  /** Anew whenever the services are others, or the worker is. */
  shareCounters(counters: SharedCounters): void {
    this.#keeper.post({ type: 'counters', counters });
  }

  lendJob({ fd: ours, ...lent }: LentJobEnd): void {
    const key = this.#kept.keep({ ours, lent });
    if (this.#keeper.running !== undefined) this.#lendNow(this.#keeper.running, key);
  }

  /** Ends whose duplicates are still to be made, for the next worker. */
  get unlent(): number {
    return this.#keeper.running === undefined ? this.#kept.size : 0;
  }

  /** Lets the worker write out what it has; resolves when it has done so, has died, or the time is up. */
  finish(limitMs: number): Promise<void> {
    return this.#keeper.finish({ type: 'finish' }, limitMs);
  }

  /** The same, but somebody else goes on with it: another process image, or this one after `reopen`. */
  handOver(limitMs: number): Promise<void> {
    this.#toldUpToId = this.#ports.hello().lastEventId;
    return this.#keeper.finish({ type: 'finish', handOver: 'yes' }, limitMs);
  }

  reopen(): void {
    this.#keeper.reopen();
  }

  answerUpgrade(id: string, answer: UpgradeAnswer): void {
    this.#keeper.post({ type: 'upgrade-answered', id, answer });
  }

  /** Makes the worker throw in the middle of its work: see boot/fault-injection.ts. */
  breakWorker(): void {
    this.#keeper.post({ type: 'break' });
  }

  #begin(worker: KeptThread<ToPlane, Port>): void {
    const told = this.#toldUpToId === undefined ? {} : { toldUpToId: this.#toldUpToId };
    this.#toldUpToId = undefined;
    worker.post({ ...this.#ports.hello(), ...told });
    for (const key of this.#kept.keys) this.#lendNow(worker, key);
    if (this.#applyActor !== undefined) worker.post({ type: 'apply-requested', actor: this.#applyActor });
    this.#applyActor = undefined;
    this.#ports.begun();
  }

  #lendNow(worker: KeptThread<ToPlane, Port>, key: string): void {
    const ours = this.#kept.descriptor(key);
    if (ours === undefined) return;
    const fd = this.#ports.duplicate(ours);
    const end = fd === undefined ? undefined : this.#kept.end(key, fd);
    if (end === undefined) this.#lendLater(worker, key);
    else worker.post({ type: 'lend-job', end });
  }

  /** No descriptor is left: the output waits in the pipe meanwhile. */
  #lendLater(worker: KeptThread<ToPlane, Port>, key: string): void {
    setTimeout(() => {
      if (this.#keeper.running === worker) this.#lendNow(worker, key);
    }, LEND_RETRY_MS).unref();
  }

  #onMessage(message: FromPlane): void {
    switch (message.type) {
      case 'command':
        this.#onCommand(message.command);
        return;
      case 'listening':
        this.#ports.listening(message.socketPath, this.#keeper.start);
        return;
      case 'job-end-done':
        this.#kept.release(message.run, message.stream);
        return;
      case 'journaled':
        this.#ports.journaled(message.upToId);
        return;
      case 'note':
        this.#ports.note(message);
        return;
      case 'upgrade-requested':
        this.#ports.upgrade?.(message.request);
        return;
      case 'flushed':
        this.#keeper.finished();
        return;
    }
  }

  /** One that has been done is not done again: a control plane that died may not have heard of it. */
  #onCommand(command: Command): void {
    const result = this.#memory.find(command.id);
    if (result === undefined) this.#ports.command(command);
    else this.#keeper.post({ type: 'reply', command: command.id, result });
  }
}
