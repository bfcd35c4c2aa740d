// The pipes of all services: reads those that are due, cuts what is read into blocks of whole lines, and gives each block to where the
// service's lines go. What a former thread has left is done first.
import type { FromLogs, LogBlock } from '../core/log-message.ts';
import { ownerOf } from '../core/log-board.ts';
import type { LentPipe, WatchedLine } from '../core/plane-message.ts';
import { countLines, cutBlock } from './block-splitter.ts';
import { LineWatch } from './line-watch.ts';
import { Pipe, type ReadOutcome } from './pipe.ts';
import { PipeRhythm } from './pipe-rhythm.ts';
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
  readonly #pipes = new Set<Pipe>();
  /** Those of services whose records may have several lines. */
  readonly #withRecords = new Set<Pipe>();
  /** By run, while it has a pipe: the second stream of a run may come after the first has matched. */
  readonly #found = new Map<LentPipe['run'], Set<Purpose>>();

  constructor(options: PipesOptions) {
    this.#options = options;
    this.#rhythm = new PipeRhythm(options.ports);
  }

  lend(lent: LentPipe): void {
    const { ports, staging } = this.#options;
    const pipe = new Pipe(lent);
    pipe.watch = this.#createWatch(pipe);
    this.#follow(pipe);
    this.#pipes.add(pipe);
    ports.makeNonBlocking(lent.fd);
    if (staging.owner === ownerOf(lent.run, lent.stream) && this.#finishStaged(pipe) === 'end') {
      this.#end(pipe);
      return;
    }
    this.#rhythm.add(pipe);
  }

  /** What becomes of records of several lines may be another since the configuration has changed. */
  reconfigured(): void {
    for (const pipe of this.#pipes) this.#follow(pipe);
  }

  /** The moment (Date.now()) at which `tick` wants to be called. */
  get dueAtMs(): number {
    let dueAtMs = Infinity;
    for (const { records } of this.#withRecords) dueAtMs = Math.min(dueAtMs, records?.dueAtMs ?? Infinity);
    return dueAtMs;
  }

  /** Lines that wait for more of their record, and have waited long enough. */
  tick(nowMs: number): void {
    for (const pipe of this.#withRecords)
      if (pipe.records !== undefined && pipe.records.dueAtMs <= nowMs)
        this.#giveOutCarried(pipe, 'timed-out');
  }

  setPressure(pressure: 'hold' | 'release'): void {
    if (pressure === 'hold') this.#rhythm.hold();
    else this.#rhythm.release();
  }

  /** How long the next wait may be for the pipes' sake. */
  takeWaitMs(): number {
    return this.#rhythm.takeWaitMs();
  }

  /** Each of those that are due once, so that a noisy one does not keep the others waiting. */
  read(ready: readonly number[]): void {
    for (const pipe of this.#rhythm.due(ready)) this.#readOnce(pipe);
  }

  /** Takes what is in the pipes now. `unfinished`: what becomes of last lines without a newline. */
  finish(untilMs: number, unfinished: 'write' | 'keep'): void {
    for (const pipe of [...this.#pipes]) {
      let outcome = this.#readOnce(pipe);
      while (outcome.kind === 'read' && performance.now() < untilMs) outcome = this.#readOnce(pipe);
      if (unfinished === 'write' && this.#pipes.has(pipe)) this.#giveOutCarried(pipe, 'end');
    }
  }

  #readOnce(pipe: Pipe): ReadOutcome {
    const outcome = pipe.read(this.#options.staging);
    const bytes = outcome.kind === 'read' ? outcome.bytes : 0;
    this.#rhythm.took(pipe, bytes, performance.now());
    if (outcome.kind === 'empty') return outcome;
    this.#outputOf(pipe).countRead(bytes);
    if (outcome.kind !== 'failed') this.#finishStaged(pipe);
    if (outcome.kind === 'failed') this.#tellFailure(pipe, outcome.errno);
    if (outcome.kind !== 'read') this.#end(pipe);
    return outcome;
  }

  #giveOutCarried(pipe: Pipe, outlook: Outlook): void {
    const { staging } = this.#options;
    pipe.carry.copyTo(staging.bytes);
    staging.fill(pipe.owner, pipe.carry.length, () => 0);
    staging.expect(outlook);
    this.#finishStaged(pipe);
  }

  #follow(pipe: Pipe): void {
    const { multiline } = this.#outputOf(pipe).parts.source.logs;
    this.#withRecords.delete(pipe);
    pipe.records = multiline === undefined ? undefined : new RecordSplitter(multiline);
    if (pipe.records === undefined) return;
    this.#withRecords.add(pipe);
    pipe.records.hold(pipe.carry.bytes, Date.now());
  }

  /** From the first block that is not where it belongs. What is left is the beginning of a line, and carried. */
  #finishStaged(pipe: Pipe): Outlook {
    const { staging } = this.#options;
    const staged = staging.filled;
    const { outlook } = staging;
    for (let cut = this.#cut(pipe, staged); cut !== 'rest'; cut = this.#cut(pipe, staged)) {
      this.#giveOut(pipe, cut);
      staging.endBlock(cut.end);
    }
    const rest = staged.subarray(staging.doneBytes);
    pipe.carry.replace(rest);
    pipe.records?.hold(rest, Date.now());
    staging.release();
    return outlook;
  }

  #cut({ records }: Pipe, staged: Buffer): RecordCut {
    const { doneBytes, outlook } = this.#options.staging;
    if (records !== undefined) return records.cut(staged, doneBytes, outlook);
    return cutBlock(staged, doneBytes, outlook === 'end' ? 'end' : 'more');
  }

  #giveOut(pipe: Pipe, { end, ends }: Exclude<RecordCut, 'rest'>): void {
    const { staging } = this.#options;
    const { service, pid, stream } = pipe.lent;
    const isUnfinished = ends === 'unfinished' || ends === 'unfinished-record';
    // There is room for it behind the last byte.
    if (isUnfinished) staging.bytes[end] = NEWLINE;
    const bytes = staging.bytes.subarray(staging.doneBytes, isUnfinished ? end + 1 : end);
    if (staging.beginBlock() === 'hopeless') {
      this.#leaveOut(pipe, bytes);
      return;
    }
    pipe.watch?.see(bytes);
    const block: LogBlock = {
      service,
      pid,
      stream,
      timeMs: staging.readAtMs,
      bytes,
      ends: BLOCK_ENDS[ends],
    };
    this.#outputOf(pipe).take(block, staging);
  }

  #end(pipe: Pipe): void {
    const { service, run, stream } = pipe.lent;
    this.#pipes.delete(pipe);
    this.#withRecords.delete(pipe);
    this.#rhythm.remove(pipe);
    const others = [...this.#pipes].map(({ lent }) => lent);
    if (!others.some((lent) => lent.run === run)) this.#found.delete(run);
    if (!others.some((lent) => lent.service === service)) this.#options.left(service);
    this.#post({ type: 'drained', service, run, stream });
  }

  /** Something in them makes every thread die. */
  #leaveOut(pipe: Pipe, bytes: Uint8Array): void {
    const { service } = pipe.lent;
    const lines = countLines(bytes);
    this.#outputOf(pipe).countLost(lines, bytes.length);
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
        for (const other of this.#pipes) if (other.lent.run === run) other.watch?.drop(purpose);
        this.#post({ type: 'line-matched', service, run, purpose });
      },
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
