// The real pipes, staging memory and standard output of the logs' thread over real pipes, in the test's own process, with a death at any step:
// before each look at the memory that outlives the thread, each store in it, and each system call. After a death another set of objects goes
// on over the same memory, as another thread would. Only what the kernel has done and the store of its result are one step, as in V8.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import {
  createLogBoard,
  ownerOf,
  SINK,
  SINK_BYTES,
  TALLY,
  TALLY_BYTES,
  WORD,
} from '../../../supervisor/core/log-board.ts';
import type { LogBoard } from '../../../supervisor/core/log-board.ts';
import type { FromLogs, LogBlock } from '../../../supervisor/core/log-message.ts';
import { DEFAULT_LOGS, type MultilineSpec } from '../../../supervisor/core/log-spec.ts';
import type { RunId, ServiceName } from '../../../supervisor/core/names.ts';
import type { LentPipe } from '../../../supervisor/core/plane-message.ts';
import { readRecordHeader } from '../../../supervisor/core/spool-layout.ts';
import { BackPressure } from '../../../supervisor/logs/back-pressure.ts';
import { countLines } from '../../../supervisor/logs/block-splitter.ts';
import { LineRing } from '../../../supervisor/logs/line-ring.ts';
import { OwnLines } from '../../../supervisor/logs/own-lines.ts';
import { Pipes } from '../../../supervisor/logs/pipes.ts';
import type { BlockStore, FileProgress, Poll, SpoolProgress } from '../../../supervisor/logs/ports.ts';
import { ServiceOutput } from '../../../supervisor/logs/service-output.ts';
import { openSpoolOutput } from '../../../supervisor/logs/spool/format-spool.ts';
import { Staging } from '../../../supervisor/logs/staging.ts';
import { StdoutSink } from '../../../supervisor/logs/stdout-sink.ts';
import { Tally } from '../../../supervisor/logs/tally.ts';
import { OwnLineRing } from '../../../supervisor/plane/logs/own-line-ring.ts';
import { makeNonBlocking, setPipeSize } from '../../../supervisor/os/libc-poll.ts';
import { libc } from '../../../supervisor/os/libc.ts';

class Death extends Error {}

/** Where the thread dies, and whether it has. */
class Fate {
  steps = 0;
  #left = Infinity;
  #state: 'alive' | 'in-the-kernel' | 'dead' = 'alive';

  bear(stepsToLive: number): void {
    this.#left = stepsToLive;
    this.#state = 'alive';
  }

  step(): void {
    if (this.#state === 'in-the-kernel') return;
    this.steps += 1;
    this.#left -= 1;
    if (this.#left < 0) this.#state = 'dead';
    // Also after somebody has caught it: nothing is done by the dead.
    if (this.#state === 'dead') throw new Death();
  }

  /** What comes up to the next store belongs to the system call. */
  called(): void {
    this.#state = 'in-the-kernel';
  }

  stored(): void {
    if (this.#state === 'in-the-kernel') this.#state = 'alive';
  }
}

function mortal<Memory extends Int32Array | BigInt64Array>(memory: Memory, fate: Fate): Memory {
  return new Proxy(memory, {
    get: (target, key) => {
      fate.step();
      return Reflect.get(target, key, target) as unknown;
    },
    set: (target, key, value) => {
      fate.step();
      fate.stored();
      return Reflect.set(target, key, value, target);
    },
  });
}

class MortalTally extends Tally {
  readonly #fate: Fate;

  constructor(shared: SharedArrayBuffer, fate: Fate) {
    super(shared);
    this.#fate = fate;
  }

  override set(...counted: Parameters<Tally['set']>): void {
    this.#fate.step();
    super.set(...counted);
  }
}

/** A file of which each write takes a part, and whose progress is where the board has it. Blocks with an exclamation mark are lost. */
class PartialFile implements BlockStore {
  readonly dueAtMs = Infinity;
  readonly #chunks: Buffer[] = [];
  readonly #fate: Fate;

  constructor(fate: Fate) {
    this.#fate = fate;
  }

  write(output: Uint8Array, progress: FileProgress): void {
    if (progress.bytes < output.length && output.includes(REFUSED)) {
      progress.lose({ to: output.length, lines: countLines(output), bytes: output.length });
      return;
    }
    for (let at = progress.bytes; at < output.length; at = progress.bytes) {
      this.#fate.step();
      const part = output.subarray(at, at + Math.max(100, Math.ceil((output.length - at) / 2)));
      this.#chunks.push(Buffer.from(part));
      this.#fate.called();
      progress.words[progress.word] = at + part.length;
    }
  }

  tick(): void {
    throw new Error('never due');
  }

  close(): void {
    throw new Error('never closed');
  }

  get text(): string {
    return Buffer.concat(this.#chunks).toString('latin1');
  }
}

/** The queues of two sinks: one takes all, and one takes nothing. */
class HalfSpool implements BlockStore<SpoolProgress> {
  readonly dueAtMs = Infinity;

  write(output: Uint8Array, progress: SpoolProgress): void {
    const { record } = openSpoolOutput(output);
    const lines = readRecordHeader(record)?.lines ?? 0;
    if (progress.bytes < record.length) progress.words[progress.word] = record.length;
    if (progress.bytes < 2 * record.length) progress.lose({ to: 2 * record.length, lines, sink: 1 });
  }

  tick(): void {
    throw new Error('never due');
  }

  close(): void {
    throw new Error('never closed');
  }
}

const REFUSED = '!'.charCodeAt(0);
const real = { readSync: fs.readSync, writevSync: fs.writevSync };

let current: { readonly fate: Fate; readonly mostBytes: number } | undefined;

/** Once: to tell all modules of it takes longer than a whole life. */
fs.readSync = ((...call: Parameters<typeof real.readSync>) => {
  current?.fate.step();
  const length = real.readSync(...call);
  current?.fate.called();
  return length;
}) as typeof fs.readSync;
fs.writevSync = ((fd: number, buffers: readonly Uint8Array[]) => {
  if (current === undefined) return real.writevSync(fd, buffers);
  current.fate.step();
  const length = real.writevSync(
    fd,
    buffers.map((bytes) => bytes.subarray(0, current?.mostBytes)),
  );
  current.fate.called();
  return length;
}) as typeof fs.writevSync;
syncBuiltinESMExports();

/** While `work` runs, every read and write is a step of this fate; a write takes no more than `mostBytes`. */
function underFate<T>(fate: Fate, mostBytes: number, work: () => T): T {
  current = { fate, mostBytes };
  try {
    return work();
  } finally {
    current = undefined;
  }
}

/** Of all lives, one after the other: to make three megabytes takes longer than a life. */
const MEMORY = createLogBoard();

const NO_POLL: Poll = { watch: () => 'watched', forget: () => undefined, wait: () => [] };

type Source = {
  readonly service: ServiceName;
  readonly lent: LentPipe;
  readonly writeEnd: number;
  readonly tally: SharedArrayBuffer;
  readonly file: PartialFile;
  state: 'open' | 'closed' | 'drained';
};

export type MortalOptions = {
  readonly services: number;
  /** A power of two; all of it when nothing is said. */
  readonly queueBytes?: number;
  /** Where the queue's counters begin: they wrap. */
  readonly queueStart?: number;
  readonly writeBytes?: number;
  /** Of all services, in the thread after so many deaths. */
  readonly multiline?: (deaths: number) => MultilineSpec | undefined;
};

type Life = {
  readonly pipes: Pipes;
  readonly stdout: StdoutSink;
  readonly pressure: BackPressure;
  readonly own: OwnLines;
};

export class MortalLogs implements Disposable {
  readonly fate = new Fate();
  readonly messages: FromLogs[] = [];
  readonly sources: readonly Source[];
  deaths = 0;
  readonly #board: LogBoard;
  readonly #ownLines = new OwnLineRing(MEMORY.shared);
  readonly #sinks = [new SharedArrayBuffer(SINK_BYTES), new SharedArrayBuffer(SINK_BYTES)];
  readonly #writeBytes: number;
  readonly #multiline: NonNullable<MortalOptions['multiline']>;
  readonly #stdout = nonBlockingPipe();
  readonly #read: Buffer[] = [];
  #life: Life | undefined;
  #lives: number[] = [];

  constructor(options: MortalOptions) {
    const { services, queueBytes, queueStart = 0, writeBytes = Infinity } = options;
    this.#multiline = options.multiline ?? (() => undefined);
    const board = MEMORY;
    board.words.fill(0);
    board.counts.fill(0n);
    board.words[WORD.queueHead] = queueStart;
    board.words[WORD.queueTail] = queueStart;
    board.words[WORD.noticeMark] = queueStart;
    this.#board = { ...board, queue: board.queue.subarray(0, queueBytes) };
    this.#writeBytes = writeBytes;
    this.sources = Array.from({ length: services }, (_, index) => this.#createSource(index));
    setPipeSize(this.#stdout.write, 4096);
  }

  /** How many steps each thread has, one after the other; the last one lives on. */
  live(...steps: readonly number[]): void {
    this.#lives = [...steps];
    this.fate.bear(this.#lives.shift() ?? Infinity);
  }

  /** What a service writes, as far as its pipe takes it: the rest is given back. */
  write(index: number, bytes: Buffer): Buffer {
    try {
      return bytes.subarray(fs.writeSync(this.#source(index).writeEnd, bytes));
    } catch {
      return bytes;
    }
  }

  /** As the control plane does it. */
  writeOwn(line: string): void {
    this.#ownLines.put(line);
  }

  close(index: number): void {
    const source = this.#source(index);
    libc.close(source.writeEnd);
    source.state = 'closed';
  }

  /** One turn of the thread; when it dies in it another one begins, and has its turn. */
  turn(work: (life: Life) => void = () => undefined): void {
    for (;;)
      try {
        underFate(this.fate, this.#writeBytes, () => {
          const life = (this.#life ??= this.#begin());
          life.stdout.flush();
          if (!life.stdout.isReserved)
            life.own.takeAll((line) => {
              life.stdout.writeOwn(line);
            });
          life.pipes.read(this.#open().map(({ lent }) => lent.fd));
          work(life);
        });
        return;
      } catch (error) {
        if (!(error instanceof Death)) throw error;
        this.deaths += 1;
        this.#life = undefined;
        // Meanwhile there may be room again: the next thread must not decide otherwise about what is decided.
        this.readStdout();
        this.fate.bear(this.#lives.shift() ?? Infinity);
      }
  }

  readStdout(mostBytes = Infinity): void {
    const chunk = Buffer.alloc(Math.min(mostBytes, 65_536));
    try {
      for (let left = mostBytes; left > 0;) {
        const length = real.readSync(this.#stdout.read, chunk, 0, Math.min(left, chunk.length), null);
        if (length === 0) return;
        this.#read.push(Buffer.from(chunk.subarray(0, length)));
        left -= length;
      }
    } catch {
      // EAGAIN: that was all.
    }
  }

  /** Everybody reads and writes until nothing is left. */
  settle(): void {
    for (let turns = 0; this.#open().length > 0 || this.#queued > 0; turns += 1) {
      if (turns > 10_000) throw new Error('it never ends');
      this.turn();
      this.readStdout();
    }
    // A loss is told when nothing waits any more.
    this.turn();
    this.readStdout();
  }

  get output(): string {
    return Buffer.concat(this.#read).toString('latin1');
  }

  get droppedLines(): number {
    return this.#ownLines.droppedLines;
  }

  /** For a sink, in all. */
  lostFor(sink: number): number {
    const memory = this.#sinks[sink];
    return memory === undefined ? 0 : Number(new BigInt64Array(memory)[SINK.droppedLines]);
  }

  counted(index: number, counter: keyof typeof TALLY): number {
    return Number(new BigInt64Array(this.#source(index).tally)[TALLY[counter]]);
  }

  [Symbol.dispose](): void {
    for (const { lent, writeEnd, state } of this.sources) {
      if (state === 'open') libc.close(writeEnd);
      if (state !== 'drained') libc.close(lent.fd);
    }
    libc.close(this.#stdout.read);
    libc.close(this.#stdout.write);
  }

  get #queued(): number {
    return ((this.#board.words[WORD.queueTail] ?? 0) - (this.#board.words[WORD.queueHead] ?? 0)) | 0;
  }

  #open(): readonly Source[] {
    return this.sources.filter(({ state }) => state !== 'drained');
  }

  #source(index: number): Source {
    const source = this.sources[index];
    if (source === undefined) throw new Error(`no service ${index}`);
    return source;
  }

  #createSource(index: number): Source {
    const { read, write } = nonBlockingPipe();
    const service = `s${index}` as ServiceName;
    const lent: LentPipe = {
      service,
      run: (index + 1) as RunId,
      stream: 'stdout',
      pid: 100,
      fd: read,
      carry: new SharedArrayBuffer(4, { maxByteLength: 4 + 65_536 }),
      watched: [],
    };
    const file = new PartialFile(this.fate);
    return { service, lent, writeEnd: write, tally: new SharedArrayBuffer(TALLY_BYTES), file, state: 'open' };
  }

  /** As log-thread.ts and the engine do it. */
  #begin(): Life {
    const { words, counts } = this.#board;
    const board = { ...this.#board, words: mortal(words, this.fate), counts: mortal(counts, this.fate) };
    const staging = new Staging(board, this.#sinks);
    const pressure = new BackPressure(board, (change) => {
      pipes.setPressure(change);
    });
    const stdout = new StdoutSink({
      fd: this.#stdout.write,
      board,
      poll: NO_POLL,
      pressure,
      lossNotice: (lines) => Buffer.from(`lost ${lines}\n`),
      onTrouble: (errno) => {
        // A death looks like an error to whoever catches it.
        this.fate.step();
        throw new Error(errno);
      },
    });
    const outputs = new Map(
      this.sources.map((source) => [source.service as string, this.#outputOf(source, stdout)]),
    );
    const pipes: Pipes = new Pipes({
      ports: {
        poll: NO_POLL,
        makeNonBlocking: () => undefined,
        growPipe: () => 'refused',
        post: (message) => {
          this.#receive(message);
        },
        receive: () => undefined,
      },
      staging,
      outputOf: (service) => {
        const output = outputs.get(service);
        if (output === undefined) throw new Error(service);
        return output;
      },
      left: () => undefined,
    });
    const own = new OwnLines(board);
    pressure.resume();
    stdout.flush();
    const owner = words[WORD.owner] ?? 0;
    const lent = this.#open().map((source) => source.lent);
    const left = lent.find(({ run, stream }) => ownerOf(run, stream) === owner);
    if (left === undefined) words[WORD.owner] = 0;
    for (const pipe of left === undefined ? lent : [left, ...lent.filter((each) => each !== left)])
      pipes.lend(pipe);
    return { pipes, stdout, pressure, own };
  }

  #outputOf({ service, tally, file }: Source, stdout: StdoutSink): ServiceOutput {
    return new ServiceOutput(
      {
        source: {
          service,
          logs: { ...DEFAULT_LOGS, forward: ['a', 'b'], multiline: this.#multiline(this.deaths) },
          secrets: [],
          tally,
        },
        tally: new MortalTally(tally, this.fate),
        format: show,
        redact: (bytes) => ({ bytes, masked: 0 }),
        keepWhole: undefined,
        file: { format: show, files: file },
        ring: new LineRing(1000),
      },
      { stdout, spool: new HalfSpool(), tellFollowers: () => undefined },
    );
  }

  /** What has been posted is the engine's, whatever becomes of the thread. */
  #receive(message: FromLogs): void {
    this.fate.step();
    this.messages.push(message);
    if (message.type !== 'drained') return;
    for (const source of this.sources)
      if (source.lent.run === message.run) {
        source.state = 'drained';
        libc.close(source.lent.fd);
      }
  }
}

/** The bytes as they are; a piece of a line says that it is one. */
function show({ bytes, ends }: LogBlock): Uint8Array {
  return ends === 'continues' ? Buffer.concat([bytes, Buffer.from('~\n')]) : Buffer.from(bytes);
}

function nonBlockingPipe(): { readonly read: number; readonly write: number } {
  const made = libc.pipe();
  if (!made.ok) throw new Error(`pipe2(2): ${made.errno}`);
  makeNonBlocking(made.value.read);
  makeNonBlocking(made.value.write);
  return made.value;
}
