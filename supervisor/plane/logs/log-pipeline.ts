// The way of a log line: from the lent pipes through the splitter to standard output, to the ring of its service, and to
// those who follow it. Nobody on that way can hold up the others.
import type { LentPipe } from '../../core/plane-message.ts';
import { createCarry } from './carry.ts';
import { LineSplitter, type LineEnd } from './line-splitter.ts';
import type { FormatLine, LogLine } from './log-line.ts';
import { LogRing } from './log-ring.ts';
import type { OutputSink } from './output-sink.ts';
import { PipeReader } from './pipe-reader.ts';

const RING_BYTES = 102_400;
const ALL_RINGS_BYTES = 8_388_608;

export type LogListener = (line: LogLine) => void;

export type LogPipelineOptions = {
  readonly sink: OutputSink;
  readonly format: FormatLine;
  readonly services: readonly string[];
  readonly pidOf: (pipe: LentPipe) => number | undefined;
  readonly onDrained: (pipe: LentPipe) => void;
  readonly onFailed: (pipe: LentPipe, reason: string) => void;
};

type OpenPipe = { readonly reader: PipeReader; readonly splitter: LineSplitter };

export class LogPipeline {
  readonly #options: LogPipelineOptions;
  readonly #rings = new Map<string, LogRing>();
  readonly #listeners = new Map<string, Set<LogListener>>();
  readonly #pipes = new Map<LentPipe, OpenPipe>();
  #held = false;
  /** The formatted lines of the chunk at hand, written as one. */
  #batch: Buffer[] = [];

  constructor(options: LogPipelineOptions) {
    this.#options = options;
    const ringBytes = Math.min(
      RING_BYTES,
      Math.floor(ALL_RINGS_BYTES / Math.max(1, options.services.length)),
    );
    for (const service of options.services) this.#rings.set(service, new LogRing(ringBytes));
  }

  read(pipe: LentPipe): void {
    const splitter = new LineSplitter(createCarry(pipe.carry), (bytes, ends) => {
      this.#takeLine(pipe, bytes, ends);
    });
    const onChunk = (bytes: Buffer): void => {
      splitter.push(bytes);
      this.#writeBatch();
    };
    const onEnd = (error: string): void => {
      this.#pipes.delete(pipe);
      splitter.end();
      this.#writeBatch();
      this.#reportEnd(pipe, error);
    };
    try {
      const reader = new PipeReader(pipe.fd, { onChunk, onEnd });
      this.#pipes.set(pipe, { reader, splitter });
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
