// The control plane's keeper: starts its worker thread after the first services, feeds it events and pipe ends, and starts
// another when it dies. Services do not notice: the pipes' read ends are kept here, the worker only gets duplicates.
import type { CommandResult } from '../core/effect.ts';
import type { RecordedEvent } from '../core/event.ts';
import type { Command } from '../core/input.ts';
import type { RunId, ServiceName } from '../core/names.ts';
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
  readonly outputFailed: (errno: string) => void;
  readonly failed: (reason: string) => void;
};

type KeptPipe = {
  readonly service: ServiceName;
  readonly run: RunId;
  readonly stream: OutputStream;
  readonly readEnd: number;
  /** Memory for the unfinished line, which outlives the worker that has read it. */
  readonly carry: SharedArrayBuffer;
  readonly watched: readonly WatchedLine[];
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
  readonly #pipes = new Map<string, KeptPipe>();
  #life: Life = { kind: 'not-started' };
  #restartMs = FIRST_RESTART_MS;
  #starts = 0;
  #configuration: Configuration = { spec: undefined, target: undefined };
  /** Who asked for the configuration to be applied while there was no worker to do it. */
  #applyActor: string | undefined;

  constructor(ports: PlaneHostPorts) {
    this.#ports = ports;
  }

  start(): void {
    if (this.#life.kind === 'not-started' || this.#life.kind === 'between') this.#startWorker();
  }

  publish(events: readonly RecordedEvent[]): void {
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
    this.#post({ type: 'reply', command, result });
  }

  // TODO(issue 4, jobs): kept and lent again to the next worker.
  lendJob(end: LentJobEnd): void {
    this.#post({ type: 'lend-job', end });
  }

  lend(spec: ServiceSpec, run: RunId, stream: OutputStream, readEnd: number): void {
    const watched = watchedLines(spec, stream);
    const pipe = { service: spec.name, run, stream, readEnd, carry: createCarry(), watched };
    this.#pipes.set(pipeKey(run, stream), pipe);
    if (this.#life.kind === 'running') this.#lendNow(this.#life.worker, pipe);
  }

  /** Pipes whose duplicates are still to be made, for the next worker. */
  get unlent(): number {
    return this.#life.kind === 'running' ? 0 : this.#pipes.size;
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
    for (const pipe of this.#pipes.values()) this.#lendNow(worker, pipe);
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

  #lendNow(worker: PlaneWorker, { readEnd, ...pipe }: KeptPipe): void {
    const fd = this.#ports.duplicate(readEnd);
    if (fd !== undefined) worker.post({ type: 'lend', pipe: { ...pipe, fd } });
    else this.#lendLater(worker, { readEnd, ...pipe });
  }

  /** No descriptor is left: the output waits in the pipe meanwhile. */
  #lendLater(worker: PlaneWorker, pipe: KeptPipe): void {
    setTimeout(() => {
      const current = this.#life.kind === 'running' && this.#life.worker === worker;
      if (current && this.#pipes.has(pipeKey(pipe.run, pipe.stream))) this.#lendNow(worker, pipe);
    }, LEND_RETRY_MS).unref();
  }

  #onMessage(message: FromPlane): void {
    switch (message.type) {
      case 'command':
        this.#ports.command(message.command);
        return;
      case 'listening':
        this.#ports.listening(message.socketPath, this.#starts === 1 ? 'first' : 'again');
        return;
      case 'line-matched':
        this.#stopWatching(message);
        this.#ports.lineMatched(message);
        return;
      case 'drained':
        this.#closePipe(pipeKey(message.run, message.stream));
        return;
      case 'job-end-done':
      case 'journaled':
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

  /** The next worker need not look for what this one has found. */
  #stopWatching({ run, purpose }: Extract<FromPlane, { type: 'line-matched' }>): void {
    for (const [key, pipe] of this.#pipes) {
      if (pipe.run !== run) continue;
      const watched = pipe.watched.filter((line) => line.purpose !== purpose);
      this.#pipes.set(key, { ...pipe, watched });
    }
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

  /** Only at the end of the stream: a writer that is still there, even a stray, must never get EPIPE. */
  #closePipe(key: string): void {
    const pipe = this.#pipes.get(key);
    if (pipe === undefined) return;
    this.#pipes.delete(key);
    this.#ports.close(pipe.readEnd);
  }
}

/** Grows as it is needed: most lines are read whole, and a thousand services have two thousand of these. */
function createCarry(): SharedArrayBuffer {
  return new SharedArrayBuffer(CARRY_HEADER_BYTES, { maxByteLength: CARRY_HEADER_BYTES + MAX_LINE_BYTES });
}

function pipeKey(run: RunId, stream: OutputStream): string {
  return `${String(run)}/${stream}`;
}

function watchedLines({ startup, readiness }: ServiceSpec, stream: OutputStream): readonly WatchedLine[] {
  return [
    ...(startup.kind === 'log' ? [{ purpose: 'startup' as const, ...startup }] : []),
    ...(readiness.kind === 'log' ? [{ purpose: 'readiness' as const, ...readiness }] : []),
  ]
    .filter((watched) => watched.stream === 'both' || watched.stream === stream)
    .map(({ purpose, pattern }) => ({ purpose, pattern }));
}
