// Where the lines of one service go: masked, then to standard output, to its files, to the queues of sinks, to the newest lines held, and to
// whoever follows. Each of them may fail or lag without the others.
import { TALLY } from '../core/log-board.ts';
import type { LogBlock, LogSource, RingMoment } from '../core/log-message.ts';
import type { LineRing } from './line-ring.ts';
import type { BlockStore, FormatBlock, Redact } from './ports.ts';
import { formatSpool } from './spool/format-spool.ts';
import type { Staging } from './staging.ts';
import type { StdoutSink } from './stdout-sink.ts';
import type { Tally } from './tally.ts';

/** A form and where it goes. */
export type FileOutput = { readonly format: FormatBlock; readonly files: BlockStore };

export type OutputParts = {
  readonly source: LogSource;
  readonly tally: Tally;
  readonly format: FormatBlock;
  readonly redact: Redact;
  readonly file: FileOutput | undefined;
  readonly ring: LineRing;
};

/** What all services share. */
export type SharedOutputs = {
  readonly stdout: StdoutSink;
  readonly spool: BlockStore;
  /** `end`: behind the block. */
  readonly tellFollowers: (block: LogBlock, end: RingMoment) => void;
};

export class ServiceOutput {
  readonly parts: OutputParts;
  readonly #shared: SharedOutputs;

  constructor(parts: OutputParts, shared: SharedOutputs) {
    this.parts = parts;
    this.#shared = shared;
  }

  /** The block of `staging` at hand; of one that a former thread has begun, what is left to do. */
  take(read: LogBlock, staging: Staging): void {
    const { source, tally, format, file, ring } = this.parts;
    const { stdout, spool, tellFollowers } = this.#shared;
    const { logs } = source;
    const block = this.#masked(read);
    if (logs.stdout === 'shown')
      tally.add(TALLY.stdoutDroppedLines, stdout.write(format(block), staging.stdout));
    file?.files.write(file.format(block), staging.file);
    if (logs.forward.length > 0) spool.write(formatSpool(block, logs.forward), staging.spool);
    ring.add(block);
    tellFollowers(block, ring.moment);
  }

  /** Bytes that were read from its pipes. */
  countRead(bytes: number): void {
    this.parts.tally.add(TALLY.readBytes, bytes);
  }

  /** Lines that are nowhere. */
  countLost(lines: number, bytes: number): void {
    const { tally, source } = this.parts;
    if (source.logs.stdout === 'shown') {
      tally.add(TALLY.stdoutDroppedLines, lines);
      tally.add(TALLY.stdoutDroppedBytes, bytes);
    }
    if (source.logs.file === undefined) return;
    tally.add(TALLY.fileDroppedLines, lines);
    tally.add(TALLY.fileDroppedBytes, bytes);
  }

  #masked(block: LogBlock): LogBlock {
    const { bytes, masked } = this.parts.redact(block.bytes);
    if (masked === 0) return block;
    this.parts.tally.add(TALLY.redacted, masked);
    return { ...block, bytes };
  }
}
