// Where the lines of one service go: masked, then to standard output, to its files, to the queues of sinks, to the newest lines held, and to
// whoever follows. Each of them may fail or lag without the others.
import { TALLY } from '../core/log-board.ts';
import type { LogBlock, LogSource, RingMoment } from '../core/log-message.ts';
import type { LineRing } from './line-ring.ts';
import type { BlockStore, FormatBlock, Redact, SpoolProgress } from './ports.ts';
import type { LongLineCut } from './redaction/long-line-cut.ts';
import { formatSpool } from './spool/format-spool.ts';
import type { Staging } from './staging.ts';
import type { Dropped, StdoutSink } from './stdout-sink.ts';
import type { Tally } from './tally.ts';

const NEWLINE = 0x0a;
/** What has more than one line is given in parts when its form for standard output is larger: some of these have to fit into the queue. */
const MOST_OUTPUT_BYTES = 1_048_576;

/** A form and where it goes. */
export type FileOutput = { readonly format: FormatBlock; readonly files: BlockStore };

export type OutputParts = {
  readonly source: LogSource;
  readonly tally: Tally;
  readonly format: FormatBlock;
  readonly redact: Redact;
  /** Where a line that is too long is cut, so that no secret is. */
  readonly keepWhole: LongLineCut | undefined;
  readonly file: FileOutput | undefined;
  readonly ring: LineRing;
};

/** What all services share. */
export type SharedOutputs = {
  readonly stdout: StdoutSink;
  readonly spool: BlockStore<SpoolProgress>;
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

  /** The block of `staging` at hand; of one that a former thread has begun, what is left to do. `too-large`: nobody has any of it. */
  take(read: LogBlock, staging: Staging): 'taken' | 'too-large' {
    const { source, tally, file, ring } = this.parts;
    const { spool, tellFollowers } = this.#shared;
    const { logs } = source;
    const { bytes, masked } = this.parts.redact(read.bytes);
    const block = masked === 0 ? read : { ...read, bytes };
    if (logs.stdout === 'shown' && this.#show(block, staging) === 'too-large') return 'too-large';
    if (masked > 0) staging.countOfBlock(tally, TALLY.redacted, masked);
    staging.moveOn('file');
    if (file !== undefined) {
      file.files.write(file.format(block), staging.file);
      staging.file.count();
    }
    staging.moveOn('spool');
    if (logs.forward.length > 0) spool.write(formatSpool(block, logs.forward), staging.spool);
    staging.moveOn('followers');
    ring.add(block);
    tellFollowers(block, ring.moment);
    return 'taken';
  }

  /** A sink that may have a part of the block counts as one that has nothing: how large its form was nobody knows. Done again it changes nothing. */
  leaveOut({ lines, bytes }: Dropped, staging: Staging): void {
    const { source, file } = this.parts;
    const { at } = staging;
    if (at === 'stdout' && source.logs.stdout === 'shown')
      this.#countDropped(this.#shared.stdout.leaveOut({ lines, bytes }, staging.stdout), staging);
    if (file !== undefined && (at === 'stdout' || at === 'file')) {
      staging.file.loseBlock(lines, bytes);
      staging.file.count();
    }
    if (at !== 'followers') staging.spool.loseBlock(lines * source.logs.forward.length);
  }

  #show(block: LogBlock, staging: Staging): 'shown' | 'too-large' {
    const { format } = this.parts;
    const output = format(block);
    if (output.length > MOST_OUTPUT_BYTES && block.ends === 'line' && hasLines(block.bytes))
      return 'too-large';
    this.#countDropped(this.#shared.stdout.writeBlock(output, staging.stdout), staging);
    return 'shown';
  }

  #countDropped({ lines, bytes }: Dropped, staging: Staging): void {
    const { tally } = this.parts;
    if (lines > 0) staging.countOfBlock(tally, TALLY.stdoutDroppedLines, lines);
    if (bytes > 0) staging.countOfBlock(tally, TALLY.stdoutDroppedBytes, bytes);
  }
}

/** More than one. */
function hasLines(bytes: Uint8Array): boolean {
  return bytes.indexOf(NEWLINE) < bytes.length - 1;
}
