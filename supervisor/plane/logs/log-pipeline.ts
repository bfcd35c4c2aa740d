// The way of a log line: from the lent pipes through the splitter to standard output, to the ring of its service, and to
// those who follow it. Nobody on that way can hold up the others.
import type { LentPipe, WatchedLine } from '../../core/plane-message.ts';
import { createCarry } from './carry.ts';
import { LineSplitter, type LineEnd } from './line-splitter.ts';
import { LineWatch } from './line-watch.ts';
import type { FormatLine, LogLine } from './log-line.ts';
import { LogRing } from './log-ring.ts';
import type { OutputSink } from './output-sink.ts';
import { PipeReader } from './pipe-reader.ts';

const RING_BYTES = 102_400;
const ALL_RINGS_BYTES = 8_388_608;

type Purpose = WatchedLine['purpose'];

export type LogListener = (line: LogLine) => void;

export type LogPipelineOptions = {
  readonly sink: OutputSink;
  readonly format: FormatLine;
  readonly services: readonly string[];
  readonly pidOf: (pipe: LentPipe) => number | undefined;
  readonly onDrained: (pipe: LentPipe) => void;
  readonly onFailed: (pipe: LentPipe, reason: string) => void;
  /** A line of the pipe is one that the engine waits for. */
  readonly onMatched: (pipe: LentPipe, purpose: Purpose) => void;
  readonly onUnusable: (pipe: LentPipe, pattern: string) => void;
};

type OpenPipe = {
  readonly reader: PipeReader;
  readonly splitter: LineSplitter;
  /** Most services have none, and their lines pay nothing for it. */
  readonly watch: LineWatch | undefined;
};

export class LogPipeline {
  readonly #options: LogPipelineOptions;
  readonly #rings = new Map<string, LogRing>();
  readonly #listeners = new Map<string, Set<LogListener>>();
  readonly #pipes = new Map<LentPipe, OpenPipe>();
  /** By run, while it has a pipe: the second stream of a run may come after the first has matched. */
  readonly #found = new Map<LentPipe['run'], Set<Purpose>>();
  #held = false;
  #ringBytes = RING_BYTES;
  /** The formatted lines of the chunk at hand, written as one. */
  #batch: Buffer[] = [];

  constructor(options: LogPipelineOptions) {
    this.#options = options;
    this.serve(options.services);
  }

  /** These and no others from now on: a service that is new gets a ring, of one that is gone nothing is kept. */
  serve(services: readonly string[]): void {
    const names = new Set(services);
    for (const name of this.#rings.keys()) if (!names.has(name)) this.#rings.delete(name);
    this.#ringBytes = Math.min(RING_BYTES, Math.floor(ALL_RINGS_BYTES / Math.max(1, names.size)));
    for (const name of names) this.#ensureRing(name);
  }

  read(pipe: LentPipe): void {
    // The pipe of a service that is new comes before the message that names it.
    this.#ensureRing(pipe.service);
    const watch = this.#createWatch(pipe);
    const splitter = new LineSplitter(createCarry(pipe.carry), (bytes, ends) => {
      // First of all: whatever becomes of the line, the engine hears of it.
      watch?.see(bytes);
      this.#takeLine(pipe, bytes, ends);
    });
    const onChunk = (bytes: Buffer): void => {
      splitter.push(bytes);
      this.#writeBatch();
    };
    const onEnd = (error: string): void => {
      this.#pipes.delete(pipe);
      if (![...this.#pipes.keys()].some(({ run }) => run === pipe.run)) this.#found.delete(pipe.run);
      splitter.end();
      this.#writeBatch();
      this.#reportEnd(pipe, error);
    };
    try {
      const reader = new PipeReader(pipe.fd, { onChunk, onEnd });
      this.#pipes.set(pipe, { reader, splitter, watch });
      if (this.#held) reader.pause();
    } catch (error) {
      this.#reportEnd(pipe, error instanceof Error ? error.message : 'unknown error');
    }
  }

  /** Leaves the pipes unread for a while, or reads on. */
  setPressure(pressure: 'hold' | 'release'): void {
    this.#held = pressure === 'hold';
    for (const { reader } of this.#pipes.values()) {
      if (this.#held) reader.pause();
      else reader.resume();
    }
  }

  newest(service: string, count: number): readonly LogLine[] {
    return this.#rings.get(service)?.newest(count) ?? [];
  }

  /** Called with each new line of the service. The result ends it. */
  follow(service: string, listener: LogListener): () => void {
    const listeners = this.#listeners.get(service) ?? new Set();
    this.#listeners.set(service, listeners.add(listener));
    return () => {
      listeners.delete(listener);
    };
  }

  /** Takes what is in the pipes now, last lines without a newline included, and reads no more. */
  finish(untilMs: number): void {
    for (const { reader, splitter } of this.#pipes.values()) {
      reader.readAvailable(untilMs);
      splitter.end();
      reader.close();
    }
    this.#writeBatch();
  }

  #ensureRing(service: string): void {
    if (!this.#rings.has(service)) this.#rings.set(service, new LogRing(this.#ringBytes));
  }

  #createWatch(pipe: LentPipe): LineWatch | undefined {
    const found = this.#foundOf(pipe.run);
    const wanted = pipe.watched.filter(({ purpose }) => !found.has(purpose));
    if (wanted.length === 0) return undefined;
    return new LineWatch(wanted, {
      onMatch: (purpose) => {
        found.add(purpose);
        for (const [{ run }, { watch }] of this.#pipes) if (run === pipe.run) watch?.drop(purpose);
        this.#options.onMatched(pipe, purpose);
      },
      onUnusable: (pattern) => {
        this.#options.onUnusable(pipe, pattern);
      },
    });
  }

  #foundOf(run: LentPipe['run']): Set<Purpose> {
    const found = this.#found.get(run) ?? new Set();
    this.#found.set(run, found);
    return found;
  }

  #reportEnd(pipe: LentPipe, error: string): void {
    if (error !== '') this.#options.onFailed(pipe, error);
    this.#options.onDrained(pipe);
  }

  #takeLine(pipe: LentPipe, bytes: Buffer, ends: LineEnd): void {
    const line: LogLine = {
      service: pipe.service,
      pid: this.#options.pidOf(pipe),
      stream: pipe.stream,
      timeMs: Date.now(),
      bytes: Buffer.from(bytes),
      continues: ends === 'too-long',
    };
    this.#batch.push(this.#options.format(line));
    this.#rings.get(line.service)?.add(line);
    for (const listener of this.#listeners.get(line.service) ?? []) listener(line);
  }

  #writeBatch(): void {
    const lines = this.#batch.length;
    if (lines === 0) return;
    this.#options.sink.write(Buffer.concat(this.#batch), lines);
    this.#batch = [];
  }
}
