// The control plane's keeper: starts its worker thread after the first services, feeds it events and pipe ends, and starts
// another when it dies. Services do not notice: the pipes' read ends are kept here, the worker only gets duplicates.
import type { CommandResult } from '../core/effect.ts';
import type { RecordedEvent } from '../core/event.ts';
import type { Command } from '../core/input.ts';
import type { RunId } from '../core/names.ts';
import {
  CARRY_HEADER_BYTES,
  type FromPlane,
  type LentJobEnd,
  MAX_LINE_BYTES,
  type OutputStream,
  type ToPlane,
  type WatchedLine,
} from '../core/plane-message.ts';
import type { FleetSpec, ServiceSpec } from '../core/service-spec.ts';
import { CommandMemory } from './command-memory.ts';
import { KeptEnds } from './kept-ends.ts';
import type { PlanePort } from './ports.ts';

/** The worker thread, as far as it is used here. */
export type PlaneWorker = {
  post(message: ToPlane): void;
};

export type PlaneWorkerObserver = {
  message(message: FromPlane): void;
  /** Once; nothing comes after it. */
  ended(reason: string): void;
};

export type PlaneHostPorts = {
  readonly startWorker: (observer: PlaneWorkerObserver) => PlaneWorker;
  /** Undefined when no descriptor is left. */
  readonly duplicate: (fd: number) => number | undefined;
  readonly close: (fd: number) => void;
  /** The state and the newest events, for a worker that starts. */
  readonly hello: () => Extract<ToPlane, { type: 'hello' }>;
  readonly command: (command: Command) => void;
  readonly listening: (socketPath: string, start: 'first' | 'again') => void;
  readonly lineMatched: (match: Extract<FromPlane, { type: 'line-matched' }>) => void;
  readonly note: (note: Extract<FromPlane, { type: 'note' }>) => void;
  readonly journaled: (upToId: number) => void;
  readonly outputFailed: (errno: string) => void;
  readonly failed: (reason: string) => void;
};

type Configuration = { readonly spec: FleetSpec | undefined; readonly target: FleetSpec | undefined };

type Life =
  | { readonly kind: 'not-started' }
  | { readonly kind: 'running'; readonly worker: PlaneWorker; readonly since: number }
  | { readonly kind: 'between'; readonly timer: NodeJS.Timeout }
  | { readonly kind: 'finishing'; readonly worker: PlaneWorker; readonly done: () => void }
  | { readonly kind: 'finished' };

const FIRST_RESTART_MS = 1;
const SECOND_RESTART_MS = 10;
const LAST_RESTART_MS = 5000;
const LEND_RETRY_MS = 500;
/** A worker that lived this long failed for a reason of its own, not because it cannot start. */
const STABLE_MS = 10_000;

export class PlaneHost implements PlanePort {
  readonly #ports: PlaneHostPorts;
  readonly #kept: KeptEnds;
  readonly #memory = new CommandMemory(() => performance.now());
  #life: Life = { kind: 'not-started' };
  #restartMs = FIRST_RESTART_MS;
  #starts = 0;
  #configuration: Configuration = { spec: undefined, target: undefined };
  /** Who asked for the configuration to be applied while there was no worker to do it. */
  #applyActor: string | undefined;

  constructor(ports: PlaneHostPorts) {
    this.#ports = ports;
    this.#kept = new KeptEnds(ports.close);
  }

  start(): void {
    if (this.#life.kind === 'not-started' || this.#life.kind === 'between') this.#startWorker();
  }

  publish(events: readonly RecordedEvent[]): void {
    this.#kept.follow(events);
    this.#post({ type: 'events', events, ...this.#configuration });
    this.#configuration = { spec: undefined, target: undefined };
  }

  /** Goes with the next events, so that the control plane never sees one without the other. */
  configured(spec: FleetSpec, target: FleetSpec | undefined): void {
    this.#configuration = { spec, target };
  }

  /** Kept for the next worker when there is none. One that dies of it is not asked again: the next would die of it too. */
  requestApply(actor: string): void {
    if (this.#life.kind === 'running') this.#post({ type: 'apply-requested', actor });
    else this.#applyActor = actor;
  }

  reply(command: string, result: CommandResult): void {
    this.#memory.note(command, result);
    this.#post({ type: 'reply', command, result });
  }

  lendJob({ fd: ours, ...lent }: LentJobEnd): void {
    this.#lend(this.#kept.keep({ kind: 'job', ours, lent }));
  }

  lend(spec: ServiceSpec, run: RunId, stream: OutputStream, readEnd: number): void {
    const lent = {
      service: spec.name,
      run,
      stream,
      carry: createCarry(),
      watched: watchedLines(spec, stream),
    };
    this.#lend(this.#kept.keep({ kind: 'pipe', ours: readEnd, lent }));
  }

  #lend(key: string): void {
    if (this.#life.kind === 'running') this.#lendNow(this.#life.worker, key);
  }

  /** Ends whose duplicates are still to be made, for the next worker. */
  get unlent(): number {
    return this.#life.kind === 'running' ? 0 : this.#kept.size;
  }

  /** Lets the worker write out what it has; resolves when it has done so, has died, or the time is up. */
  finish(limitMs: number): Promise<void> {
    const life = this.#life;
    if (life.kind === 'between') clearTimeout(life.timer);
    if (life.kind !== 'running') {
      this.#life = { kind: 'finished' };
      return Promise.resolve();
    }
    return new Promise((resolve) => {
      const limit = setTimeout(done, limitMs);
      function done(): void {
        clearTimeout(limit);
        resolve();
      }
      this.#life = { kind: 'finishing', worker: life.worker, done };
      life.worker.post({ type: 'finish' });
    });
  }

  /** Makes the worker throw in the middle of its work: see boot/fault-injection.ts. */
  breakWorker(): void {
    this.#post({ type: 'break' });
  }

  #post(message: ToPlane): void {
    if (this.#life.kind === 'running' || this.#life.kind === 'finishing') this.#life.worker.post(message);
  }

  #startWorker(): void {
    this.#starts++;
    const worker = this.#tryWorker();
    if (worker === undefined) return;
    this.#life = { kind: 'running', worker, since: performance.now() };
    worker.post(this.#ports.hello());
    for (const key of this.#kept.keys) this.#lendNow(worker, key);
    if (this.#applyActor !== undefined) worker.post({ type: 'apply-requested', actor: this.#applyActor });
    this.#applyActor = undefined;
  }

  /** A thread cannot be had at the limit of processes or descriptors: later, then. */
  #tryWorker(): PlaneWorker | undefined {
    try {
      return this.#ports.startWorker({
        message: (message) => {
          this.#onMessage(message);
        },
        ended: (reason) => {
          this.#onEnded(reason);
        },
      });
    } catch (error) {
      this.#startLater(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }

  #lendNow(worker: PlaneWorker, key: string): void {
    const ours = this.#kept.descriptor(key);
    if (ours === undefined) return;
    const fd = this.#ports.duplicate(ours);
    const message = fd === undefined ? undefined : this.#kept.message(key, fd);
    if (message === undefined) this.#lendLater(worker, key);
    else worker.post(message);
  }

  /** No descriptor is left: the output waits in the pipe meanwhile. */
  #lendLater(worker: PlaneWorker, key: string): void {
    setTimeout(() => {
      if (this.#life.kind === 'running' && this.#life.worker === worker) this.#lendNow(worker, key);
    }, LEND_RETRY_MS).unref();
  }

  #onMessage(message: FromPlane): void {
    switch (message.type) {
      case 'command':
        this.#onCommand(message.command);
        return;
      case 'listening':
        this.#ports.listening(message.socketPath, this.#starts === 1 ? 'first' : 'again');
        return;
      case 'line-matched':
        this.#kept.stopWatching(message.run, message.purpose);
        this.#ports.lineMatched(message);
        return;
      case 'drained':
      case 'job-end-done':
        this.#kept.release(message.run, message.stream);
        return;
      case 'journaled':
        this.#ports.journaled(message.upToId);
        return;
      case 'note':
        this.#ports.note(message);
        return;
      case 'output-failed':
        this.#ports.outputFailed(message.errno);
        return;
      case 'flushed':
        if (this.#life.kind === 'finishing') this.#life.done();
        return;
    }
  }

  /** One that has been done is not done again: a control plane that died may not have heard of it. */
  #onCommand(command: Command): void {
    const result = this.#memory.find(command.id);
    if (result === undefined) this.#ports.command(command);
    else this.#post({ type: 'reply', command: command.id, result });
  }

  #onEnded(reason: string): void {
    const life = this.#life;
    if (life.kind === 'finishing') {
      life.done();
      this.#life = { kind: 'finished' };
      return;
    }
    if (life.kind !== 'running') return;
    if (performance.now() - life.since > STABLE_MS) this.#restartMs = FIRST_RESTART_MS;
    this.#startLater(reason);
  }

  #startLater(reason: string): void {
    const timer = setTimeout(() => {
      this.start();
    }, this.#restartMs);
    this.#restartMs = Math.min(Math.max(this.#restartMs * 2, SECOND_RESTART_MS), LAST_RESTART_MS);
    this.#life = { kind: 'between', timer };
    this.#ports.failed(reason);
  }
}

/** Grows as it is needed: most lines are read whole, and a thousand services have two thousand of these. */
function createCarry(): SharedArrayBuffer {
  return new SharedArrayBuffer(CARRY_HEADER_BYTES, { maxByteLength: CARRY_HEADER_BYTES + MAX_LINE_BYTES });
}

function watchedLines({ startup, readiness }: ServiceSpec, stream: OutputStream): readonly WatchedLine[] {
  return [
    ...(startup.kind === 'log' ? [{ purpose: 'startup' as const, ...startup }] : []),
    ...(readiness.kind === 'log' ? [{ purpose: 'readiness' as const, ...readiness }] : []),
  ]
    .filter((watched) => watched.stream === 'both' || watched.stream === stream)
    .map(({ purpose, pattern }) => ({ purpose, pattern }));
}
