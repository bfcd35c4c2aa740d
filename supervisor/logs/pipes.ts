// The pipes of all services: reads those that are due, cuts what is read into blocks of whole lines, and gives each block to where the
// service's lines go. What a former thread has left is done first.
import type { FromLogs, LogBlock } from '../core/log-message.ts';
import type { MultilineSpec } from '../core/log-spec.ts';
import type { LentPipe, WatchedLine } from '../core/plane-message.ts';
import { countLines, cutBlock, firstLines } from './block-splitter.ts';
import { LineWatch } from './line-watch.ts';
import { Pipe, type ReadOutcome } from './pipe.ts';
import { PipeRhythm } from './pipe-rhythm.ts';
import { ServiceGuards } from './pattern-guard.ts';
import type { LogPorts } from './ports.ts';
import type { ServiceOutput } from './service-output.ts';
import { RecordSplitter, type RecordCut } from './record-splitter.ts';
import type { Outlook, Staging } from './staging.ts';

const NEWLINE = 0x0a;

const BLOCK_ENDS = {
  line: 'line',
  unfinished: 'line',
  continues: 'continues',
  record: 'record',
  'unfinished-record': 'record',
} as const;

type Purpose = WatchedLine['purpose'];

export type PipesOptions = {
  readonly ports: LogPorts;
  readonly staging: Staging;
  readonly outputOf: (service: string) => ServiceOutput;
  /** The last pipe of the service is at its end. */
  readonly left: (service: string) => void;
};

export class Pipes {
  readonly #options: PipesOptions;
  readonly #rhythm: PipeRhythm;
  /** By `ownerOf`. */
  readonly #pipes = new Map<number, Pipe>();
  /** Those of services whose records may have several lines. */
  readonly #withRecords = new Set<Pipe>();
  /** By run, while it has a pipe: the second stream of a run may come after the first has matched. */
  readonly #guards = new ServiceGuards((service, text) => {
    this.#post({ type: 'unusable', service, text });
  });
  readonly #found = new Map<LentPipe['run'], Set<Purpose>>();
  #pressure: 'hold' | 'release' = 'release';
  /** Whose turn it was when standard output was full. */
  #delayed: readonly Pipe[] = [];

  constructor(options: PipesOptions) {
    this.#options = options;
    this.#rhythm = new PipeRhythm(options.ports);
  }

  lend(lent: LentPipe): void {
    const { ports, staging } = this.#options;
    const pipe = new Pipe(lent);
    pipe.watch = this.#createWatch(pipe);
    this.#follow(pipe);
    this.#pipes.set(pipe.owner, pipe);
    ports.makeNonBlocking(lent.fd);
    this.#rhythm.add(pipe);
    if (staging.owner === pipe.owner) this.#goOn();
  }

  /** What becomes of records of several lines may be another since the configuration has changed. */
  reconfigured(): void {
    this.#guards.clear();
    for (const pipe of this.#pipes.values()) this.#follow(pipe);
  }

  /** The moment (Date.now()) at which `tick` wants to be called. */
  get dueAtMs(): number {
    let dueAtMs = Infinity;
    if (this.#pressure === 'hold') return dueAtMs;
    for (const { records } of this.#withRecords) dueAtMs = Math.min(dueAtMs, records?.dueAtMs ?? Infinity);
    return dueAtMs;
  }

  /** Lines that wait for more of their record, and have waited long enough. */
  tick(nowMs: number): void {
    for (const pipe of this.#withRecords) {
      if (this.#goOn() === 'held') return;
      if (pipe.records !== undefined && pipe.records.dueAtMs <= nowMs)
        this.#giveOutCarried(pipe, 'timed-out');
    }
  }

  /** `hold`: nothing is read, and of what was read nothing more is given out. */
  setPressure(pressure: 'hold' | 'release'): void {
    this.#pressure = pressure;
    if (pressure === 'hold') this.#rhythm.hold();
    else this.#rhythm.release();
  }

  /** How long the next wait may be for the pipes' sake. */
  takeWaitMs(): number {
    return this.#rhythm.takeWaitMs();
  }

  /** Each of those that are due once, so that a noisy one does not keep the others waiting. */
  read(ready: readonly number[]): void {
    if (this.#goOn() === 'held') return;
    const pipes = [...this.#delayed, ...this.#rhythm.due(ready)];
    this.#delayed = [];
    for (const [index, pipe] of pipes.entries()) {
      if (this.#pipes.has(pipe.owner)) this.#readOnce(pipe);
      if (this.#pressure === 'release') continue;
      this.#delayed = pipes.slice(index + 1);
      return;
    }
  }

  /** Takes what is in the pipes now. `held`: not all of it. */
  takeAll(untilMs: number): 'taken' | 'held' {
    if (this.#goOn() === 'held') return 'held';
    for (const pipe of [...this.#pipes.values()]) {
      let outcome = this.#readOnce(pipe);
      while (outcome.kind === 'read' && this.#pressure === 'release' && performance.now() < untilMs)
        outcome = this.#readOnce(pipe);
      if (this.#pressure === 'hold') return 'held';
    }
    return 'taken';
  }

  /** No more is read: last lines without a newline are lines too. */
  giveOutUnfinished(): void {
    for (const pipe of [...this.#pipes.values()])
      if (this.#goOn() !== 'held') this.#giveOutCarried(pipe, 'end');
  }

  #readOnce(pipe: Pipe): ReadOutcome {
    const outcome = pipe.read(this.#options.staging, this.#outputOf(pipe).parts.tally);
    const bytes = outcome.kind === 'read' ? outcome.bytes : 0;
    this.#rhythm.took(pipe, bytes, performance.now());
    if (outcome.kind === 'failed') this.#tellFailure(pipe, outcome.errno);
    if (outcome.kind !== 'empty') this.#goOn();
    return outcome;
  }

  #giveOutCarried(pipe: Pipe, outlook: 'end' | 'timed-out'): void {
    const { staging } = this.#options;
    if (pipe.carry.length === 0) return;
    pipe.carry.copyTo(staging.bytes);
    staging.fill(pipe.owner, pipe.carry.length, this.#outputOf(pipe).parts.tally, () => 0);
    staging.expect(outlook);
    this.#goOn();
  }

  /** With what is staged, by this thread or by the one before it. `held`: it is still there, and nothing can be read. */
  #goOn(): 'clear' | 'held' {
    const { owner } = this.#options.staging;
    if (owner === 0) return 'clear';
    const pipe = this.#pipes.get(owner);
    // It has not been lent yet.
    if (pipe === undefined) return 'held';
    const outlook = this.#finishStaged(pipe);
    if (outlook === 'end') this.#end(pipe);
    return outlook === 'held' ? 'held' : 'clear';
  }

  #follow(pipe: Pipe): void {
    const { multiline } = this.#outputOf(pipe).parts.source.logs;
    this.#withRecords.delete(pipe);
    pipe.records = multiline === undefined ? undefined : this.#createSplitter(pipe, multiline);
    if (pipe.records === undefined) return;
    this.#withRecords.add(pipe);
    pipe.records.hold(pipe.carry.bytes, Date.now());
  }

  #createSplitter({ lent: { service } }: Pipe, multiline: MultilineSpec): RecordSplitter {
    const what = 'multiline.first_line takes too long: lines on which it might are records of their own';
    return new RecordSplitter(multiline, this.#guards.of(service, multiline.firstLine, what));
  }

  /** From the first block that is not where it belongs. What is left is the beginning of a line, and carried. */
  #finishStaged(pipe: Pipe): Outlook | 'held' {
    const { staging } = this.#options;
    const staged = staging.filled;
    const { outlook } = staging;
    staging.countRead(this.#outputOf(pipe).parts.tally);
    for (let cut = this.#cut(pipe, staged); cut !== 'rest'; cut = this.#cut(pipe, staged)) {
      // One that was begun is ended: only between two others may use standard output.
      if (this.#pressure === 'hold' && !staging.isBegun) return 'held';
      staging.endBlock(this.#giveOut(pipe, cut));
    }
    const rest = staged.subarray(staging.doneBytes);
    pipe.carry.replace(rest);
    pipe.records?.hold(rest, Date.now());
    staging.release();
    return outlook;
  }

  /** A block that a former thread has begun ends where it did then. */
  #cut(pipe: Pipe, staged: Buffer): RecordCut {
    if (this.#options.staging.isBegun) return this.#options.staging.cut;
    const cut = this.#cutAnywhere(pipe, staged);
    const { keepWhole } = this.#outputOf(pipe).parts;
    if (cut === 'rest' || cut.ends !== 'continues' || keepWhole === undefined) return cut;
    const { doneBytes } = this.#options.staging;
    return { ...cut, end: doneBytes + keepWhole(staged.subarray(doneBytes, cut.end)) };
  }

  #cutAnywhere({ records }: Pipe, staged: Buffer): RecordCut {
    const { doneBytes, outlook } = this.#options.staging;
    if (records !== undefined) return records.cut(staged, doneBytes, outlook);
    return cutBlock(staged, doneBytes, outlook === 'end' ? 'end' : 'more');
  }

  /** Where what was given out ends. */
  #giveOut(pipe: Pipe, { end, ends }: Exclude<RecordCut, 'rest'>): number {
    const { staging } = this.#options;
    const output = this.#outputOf(pipe);
    const { service, pid, stream } = pipe.lent;
    const isUnfinished = ends === 'unfinished' || ends === 'unfinished-record';
    // There is room for it behind the last byte.
    if (isUnfinished) staging.bytes[end] = NEWLINE;
    const bytes = staging.bytes.subarray(staging.doneBytes, isUnfinished ? end + 1 : end);
    if (staging.beginBlock(output.parts.tally, { end, ends }) === 'hopeless') {
      this.#leaveOut(pipe, bytes);
      return end;
    }
    pipe.watch?.see(bytes);
    let block: LogBlock = {
      service,
      pid,
      stream,
      timeMs: staging.readAtMs,
      bytes,
      ends: BLOCK_ENDS[ends],
    };
    // The next thread comes to the same parts: nobody has anything of a block before it is small enough.
    while (output.take(block, staging) === 'too-large')
      block = { ...block, bytes: block.bytes.subarray(0, firstLines(block.bytes)) };
    return block.bytes.length === bytes.length ? end : staging.doneBytes + block.bytes.length;
  }

  #end(pipe: Pipe): void {
    const { service, run, stream } = pipe.lent;
    this.#pipes.delete(pipe.owner);
    this.#withRecords.delete(pipe);
    this.#rhythm.remove(pipe);
    const others = [...this.#pipes.values()].map(({ lent }) => lent);
    if (!others.some((lent) => lent.run === run)) this.#found.delete(run);
    if (!others.some((lent) => lent.service === service)) this.#options.left(service);
    this.#post({ type: 'drained', service, run, stream });
  }

  /** Something in them makes every thread die. */
  #leaveOut(pipe: Pipe, bytes: Uint8Array): void {
    const { service } = pipe.lent;
    const lines = countLines(bytes);
    this.#outputOf(pipe).leaveOut({ lines, bytes: bytes.length }, this.#options.staging);
    const text = `${lines} lines of its output made the logs' thread fail again and again, and were left out`;
    this.#post({ type: 'unusable', service, text });
  }

  #tellFailure({ lent }: Pipe, errno: string): void {
    this.#post({ type: 'unusable', service: lent.service, text: `cannot read ${lent.stream}: ${errno}` });
  }

  #createWatch(pipe: Pipe): LineWatch | undefined {
    const { service, run, watched } = pipe.lent;
    const found = this.#foundOf(run);
    const wanted = watched.filter(({ purpose }) => !found.has(purpose));
    if (wanted.length === 0) return undefined;
    return new LineWatch(wanted, {
      onMatch: (purpose) => {
        found.add(purpose);
        for (const other of this.#pipes.values()) if (other.lent.run === run) other.watch?.drop(purpose);
        this.#post({ type: 'line-matched', service, run, purpose });
      },
      guardOf: (pattern) =>
        this.#guards.of(
          service,
          pattern,
          `${pattern} takes too long: it is not looked for in lines on which it might`,
        ),
      onUnusable: (pattern) => {
        this.#post({ type: 'unusable', service, text: `cannot look for ${pattern} in its output` });
      },
    });
  }

  #foundOf(run: LentPipe['run']): Set<Purpose> {
    const found = this.#found.get(run) ?? new Set();
    this.#found.set(run, found);
    return found;
  }

  #outputOf({ lent }: Pipe): ServiceOutput {
    return this.#options.outputOf(lent.service);
  }

  #post(message: FromLogs): void {
    this.#options.ports.post(message);
  }
}
