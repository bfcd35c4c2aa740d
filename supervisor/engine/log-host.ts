// The keeper of the logs' thread: the pipes' reading ends and all memory in which lines wait are kept here, so that a thread that dies leaves
// nothing undone. It starts before the control plane, and ends after it. Services do not notice.
import { createLogBoard, ownerOf, SINK_BYTES, TALLY_BYTES, WORD } from '../core/log-board.ts';
import type { FromLogs, LogSettings, LogSource, LogStore, ToLogs } from '../core/log-message.ts';
import type { RunId } from '../core/names.ts';
import {
  CARRY_HEADER_BYTES,
  MAX_LINE_BYTES,
  type LentPipe,
  type OutputStream,
  type WatchedLine,
} from '../core/plane-message.ts';
import { secretsOf } from '../core/secrets.ts';
import type { FleetSpec, ServiceSpec } from '../core/service-spec.ts';
import type { LogPort } from './ports.ts';
import { ThreadKeeper, type KeptThread, type KeptThreadObserver } from './thread-keeper.ts';

/**
 * Of threads that die one after the other. Meanwhile a service whose pipe is full stands still; a start takes 30 ms of a processor's time as
 * the image has it, and 100 from the sources: a tenth of one processor at the most, or a third.
 */
const LONGEST_PAUSE_MS = 250;

export type LogHostPorts<Port> = {
  readonly startThread: (observer: KeptThreadObserver<FromLogs>) => KeptThread<ToLogs, Port>;
  readonly close: (fd: number) => void;
  /** An eventfd(2); rung by whoever posts. */
  readonly bell: number;
  readonly settings: LogSettings;
  readonly spec: () => FleetSpec;
  /** Both ends of a channel: for the thread, and for the control plane. */
  readonly connect: () => { readonly ours: Port; readonly theirs: Port };
  readonly toPlane: (theirs: Port, board: SharedArrayBuffer) => void;
  readonly lineMatched: (match: Extract<FromLogs, { type: 'line-matched' }>) => void;
  readonly outputFailed: (errno: string) => void;
  readonly storeFailed: (store: LogStore, errno: string, text: string) => void;
  readonly storeRecovered: (store: LogStore, droppedLines: number) => void;
  readonly unusable: (service: string, text: string) => void;
  readonly failed: (reason: string) => void;
  readonly restarted: () => void;
};

/** What the host of another process image goes on with: pipes with their unfinished lines, and what is not yet where it belongs. */
export type SavedLogs = {
  readonly pipes: readonly (Omit<LentPipe, 'carry'> & { readonly carried: Uint8Array })[];
  readonly board: Uint8Array;
  readonly tallies: ReadonlyMap<string, Uint8Array>;
  /** By the name of the sink. */
  readonly sinks?: ReadonlyMap<string, Uint8Array> | undefined;
};

export class LogHost<Port> implements LogPort {
  readonly #ports: LogHostPorts<Port>;
  readonly #keeper: ThreadKeeper<FromLogs, ToLogs, Port>;
  readonly #board = createLogBoard();
  readonly #pipes = new Map<string, LentPipe>();
  readonly #tallies = new Map<string, SharedArrayBuffer>();
  readonly #sinks: ReadonlyMap<string, SharedArrayBuffer>;

  constructor(ports: LogHostPorts<Port>, saved?: SavedLogs) {
    this.#ports = ports;
    this.#sinks = new Map(
      ports.settings.sinks.map(({ name }) => [name, sharedCopyOf(saved?.sinks?.get(name), SINK_BYTES)]),
    );
    if (saved !== undefined) this.#resume(saved);
    this.#keeper = new ThreadKeeper({
      start: ports.startThread,
      begin: (thread, start) => {
        this.#begin(thread);
        if (start === 'again') ports.restarted();
      },
      message: (message) => {
        this.#onMessage(message);
      },
      failed: ports.failed,
      longestPauseMs: LONGEST_PAUSE_MS,
    });
  }

  /** Of each service, TALLY in log-board.ts. */
  get tallies(): ReadonlyMap<string, SharedArrayBuffer> {
    return this.#tallies;
  }

  start(): void {
    this.#keeper.begin();
  }

  /** Once `finish` has resolved with `keep`: no thread changes it. */
  get saved(): SavedLogs {
    return {
      pipes: [...this.#pipes.values()].map(({ carry, ...pipe }) => ({ ...pipe, carried: copyOf(carry) })),
      board: copyOf(this.#board.shared),
      tallies: new Map([...this.#tallies].map(([name, tally]) => [name, copyOf(tally)])),
      sinks: new Map([...this.#sinks].map(([name, sink]) => [name, copyOf(sink)])),
    };
  }

  /** Nothing came of it: another thread goes on. */
  reopen(): void {
    this.#keeper.reopen();
  }

  /** A new control plane wants to read; whatever the one before it wanted is forgotten. */
  connect(): void {
    if (this.#keeper.running === undefined) return;
    const { ours, theirs } = this.#ports.connect();
    this.#keeper.post({ type: 'reader', port: ours as MessagePort }, [ours]);
    this.#ports.toPlane(theirs, this.#board.shared);
  }

  configured(spec: FleetSpec): void {
    this.#keeper.post({ type: 'sources', sources: this.#sources(spec) });
  }

  lend(spec: ServiceSpec, { run, stream, fd, pid }: Parameters<LogPort['lend']>[1]): void {
    const pipe: LentPipe = {
      service: spec.name,
      run,
      stream,
      pid,
      fd,
      carry: createCarry(),
      watched: watchedLines(spec, stream),
    };
    this.#pipes.set(keyOf(run, stream), pipe);
    this.#keeper.post({ type: 'lend', pipe });
  }

  async finish(limitMs: number, unfinished: 'write' | 'keep'): Promise<void> {
    // One that has just died has left something that is still to be written.
    this.#keeper.beginAgain();
    await this.#keeper.finish({ type: 'finish', limitMs, unfinished }, limitMs);
  }

  /** Makes the thread throw in the middle of its work: see boot/fault-injection.ts. */
  breakThread(): void {
    this.#keeper.post({ type: 'break' });
  }

  #resume({ pipes, board, tallies }: SavedLogs): void {
    for (const { carried, ...pipe } of pipes) {
      const carry = createCarry();
      carry.grow(carried.length);
      new Uint8Array(carry).set(carried);
      this.#pipes.set(keyOf(pipe.run, pipe.stream), { ...pipe, carry });
    }
    for (const [name, tally] of tallies) this.#tallies.set(name, sharedCopyOf(tally, TALLY_BYTES));
    const { shared, words } = this.#board;
    // Of another size it has another layout, and what waited in it is lost; a version of the snapshot of its own is the way then.
    if (board.length === shared.byteLength) new Uint8Array(shared).set(board);
    words[WORD.quit] = 0;
  }

  #begin(thread: KeptThread<ToLogs, Port>): void {
    const { settings, bell, spec } = this.#ports;
    const sinks = [...this.#sinks.values()];
    thread.post({ type: 'begin', settings, board: this.#board.shared, sinks, bell });
    thread.post({ type: 'sources', sources: this.#sources(spec()) });
    const { words } = this.#board;
    // First the one whose bytes the former thread has left half done.
    const owner = words[WORD.owner] ?? 0;
    const pipes = this.#pipesInTurn(words[WORD.lastOwner] ?? 0);
    const left = pipes.find(({ run, stream }) => ownerOf(run, stream) === owner);
    // It was at its end, and drained: the thread died after that.
    if (left === undefined) words[WORD.owner] = 0;
    else thread.post({ type: 'lend', pipe: left });
    for (const pipe of pipes) if (pipe !== left) thread.post({ type: 'lend', pipe });
    this.connect();
  }

  /** After the one that was read last: threads that die young would read the first ones again and again. */
  #pipesInTurn(lastOwner: number): readonly LentPipe[] {
    const pipes = [...this.#pipes.values()];
    const next = pipes.findIndex(({ run, stream }) => ownerOf(run, stream) === lastOwner) + 1;
    return [...pipes.slice(next), ...pipes.slice(0, next)];
  }

  #sources({ services }: FleetSpec): readonly LogSource[] {
    const names = new Set<string>(services.map(({ name }) => name));
    for (const name of this.#tallies.keys()) if (!names.has(name)) this.#tallies.delete(name);
    return services.map((spec) => {
      const { name, logs } = spec;
      const tally = this.#tallies.get(name) ?? new SharedArrayBuffer(TALLY_BYTES);
      this.#tallies.set(name, tally);
      return { service: name, logs, secrets: secretsOf(spec), tally };
    });
  }

  #onMessage(message: FromLogs): void {
    switch (message.type) {
      case 'line-matched':
        this.#stopWatching(message.run, message.purpose);
        this.#ports.lineMatched(message);
        return;
      case 'drained':
        this.#release(keyOf(message.run, message.stream));
        return;
      case 'output-failed':
        this.#ports.outputFailed(message.errno);
        return;
      case 'store-failed':
        this.#ports.storeFailed(message.store, message.errno, message.text);
        return;
      case 'store-recovered':
        this.#ports.storeRecovered(message.store, message.droppedLines);
        return;
      case 'unusable':
        this.#ports.unusable(message.service, message.text);
        return;
      case 'flushed':
        this.#keeper.finished();
        return;
    }
  }

  /** The next thread need not look for what this one has found. */
  #stopWatching(run: RunId, purpose: WatchedLine['purpose']): void {
    for (const [key, pipe] of this.#pipes) {
      if (pipe.run !== run) continue;
      const watched = pipe.watched.filter((line) => line.purpose !== purpose);
      this.#pipes.set(key, { ...pipe, watched });
    }
  }

  #release(key: string): void {
    const pipe = this.#pipes.get(key);
    if (pipe === undefined) return;
    this.#pipes.delete(key);
    this.#ports.close(pipe.fd);
  }
}

function copyOf(shared: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(shared).slice();
}

/** Of a former process image, in which it may have been of another size; undefined: it was not there. */
function sharedCopyOf(bytes: Uint8Array | undefined, length: number): SharedArrayBuffer {
  const shared = new SharedArrayBuffer(length);
  if (bytes !== undefined) new Uint8Array(shared).set(bytes.subarray(0, length));
  return shared;
}

function keyOf(run: RunId, stream: OutputStream): string {
  return `${String(run)}/${stream}`;
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
