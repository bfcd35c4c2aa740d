// Writes numbered lines to the queues of sinks as the logs' thread does, and remembers what it says about it.
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LogBlock, LogStore } from '../../../../supervisor/core/log-message.ts';
import type { LogSinkSpec, LogTarget } from '../../../../supervisor/core/log-spec.ts';
import { SINK, SINK_BYTES } from '../../../../supervisor/core/log-board.ts';
import type { BlockStore, Progress, SpoolProgress } from '../../../../supervisor/logs/ports.ts';
import { formatSpool } from '../../../../supervisor/logs/spool/format-spool.ts';
import { createSpool } from '../../../../supervisor/logs/spool/spool.ts';

const MIB = 1_048_576;
const AT_MS = Date.UTC(2026, 10, 21, 14, 20, 30, 123);

export type Told = { failed: string[]; recovered: number[]; droppedLines: number };

export class Spooling implements Disposable {
  readonly spoolDir: string;
  readonly sinks: readonly LogSinkSpec[];
  readonly told: Told = { failed: [], recovered: [], droppedLines: 0 };
  /** What outlives the threads. */
  readonly #memories: readonly SharedArrayBuffer[];
  #store: BlockStore<SpoolProgress>;
  #written = 0;

  constructor(sinks: readonly LogSinkSpec[], spoolDir = mkdtempSync(join(tmpdir(), 'bosun-spool-'))) {
    this.sinks = sinks;
    this.spoolDir = spoolDir;
    this.#memories = sinks.map(() => new SharedArrayBuffer(SINK_BYTES));
    this.#store = this.#create();
  }

  get written(): number {
    return this.#written;
  }

  /** As a thread that has died and is followed by another one. */
  reopen(): void {
    this.#store.close();
    this.#store = this.#create();
  }

  write(
    block: Partial<LogBlock>,
    progress: Progress = progressFrom(0),
    names = this.sinks.map(({ name }) => name),
  ): void {
    const { words, word } = progress;
    this.#store.write(formatSpool(blockOf(block), names), {
      words,
      word,
      get bytes() {
        return progress.bytes;
      },
      lose: ({ to, lines, sink }) => {
        words[word] = to;
        this.told.droppedLines += lines;
        const memory = new BigInt64Array(this.#memories[sink] ?? new SharedArrayBuffer(SINK_BYTES));
        memory[SINK.droppedLines] = (memory[SINK.droppedLines] ?? 0n) + BigInt(lines);
      },
    });
  }

  /** `line 1`, `line 2` and so on; each call goes on counting. */
  writeLines(count: number, block: Partial<LogBlock> = {}, inOneBlock = 50): void {
    for (let done = 0; done < count; done += inOneBlock) {
      const lines = Array.from(
        { length: Math.min(inOneBlock, count - done) },
        () => `line ${++this.#written}\n`,
      );
      this.write({ ...block, bytes: Buffer.from(lines.join('')) });
    }
  }

  files(sink: string): readonly { readonly path: string; readonly bytes: number }[] {
    const directory = join(this.spoolDir, sink);
    return readdirSync(directory)
      .filter((name) => name.endsWith('.spool'))
      .sort()
      .map((name) => ({ path: join(directory, name), bytes: statSync(join(directory, name)).size }));
  }

  bytesOf(sink: string): number {
    return this.files(sink).reduce((sum, { bytes }) => sum + bytes, 0);
  }

  [Symbol.dispose](): void {
    this.#store.close();
    rmSync(this.spoolDir, { recursive: true, force: true });
  }

  #create(): BlockStore<SpoolProgress> {
    const { told } = this;
    const settings = { format: 'raw', enginePid: 1, spoolDir: this.spoolDir, sinks: this.sinks } as const;
    const observer = {
      failed: (store: LogStore, errno: string) => {
        told.failed.push(`${store.kind} ${store.name} ${errno}`);
      },
      recovered: (_store: LogStore, lines: number) => {
        told.recovered.push(lines);
      },
      rotated: () => {
        throw new Error('nothing of a spool is to be compressed');
      },
    };
    return createSpool(settings, observer, this.#memories);
  }
}

export function blockOf(block: Partial<LogBlock>): LogBlock {
  return {
    service: 'web',
    pid: 42,
    stream: 'stdout',
    timeMs: AT_MS,
    bytes: Buffer.from('hello\n'),
    ends: 'line',
    ...block,
  };
}

export function progressFrom(bytes: number): Progress {
  const words = Int32Array.of(bytes);
  return {
    words,
    word: 0,
    get bytes() {
      return words[0] ?? 0;
    },
  };
}

export function sinkOf(name: string, target: LogTarget, queueBytes = 64 * MIB): LogSinkSpec {
  return { name, target, queueBytes };
}

/** For tests of the queue alone. */
export const NOWHERE: LogTarget = { kind: 'otlp', url: 'http://127.0.0.1:9/v1/logs', headers: {} };
