// The lines of one service from a position in its files on, in pieces: to the end of a file, then the next one, up to what is written at the
// moment. Between two pieces nothing is held open but a file that is being inflated.
import type { LogFileFormat } from '../../../core/log-spec.ts';
import { cutLines, lastStamp, type LineStamp } from './cut-lines.ts';
import { InflatedFile } from './inflated-file.ts';
import type { LogFiles, OpenLogFile } from './log-files.ts';
import type { FilePosition } from './log-position.ts';
import type { LineSource, LogGap, SourceBatch } from './read-line.ts';

const NEWLINE = 0x0a;
/** No line that Bosun writes is longer: 64 KiB, each byte of it six as JSON, and once more as base64. What is, is cut. */
export const LONGEST_LINE_BYTES = 524_288;
/** A record is not longer. */
const LOOK_BACK_BYTES = 131_072;

export type FileSourceOptions = {
  readonly service: string;
  readonly files: LogFiles;
  readonly format: LogFileFormat;
  /** Of what is read at a time. */
  readonly pieceBytes: number;
};

/** What was read, and where it ends: `cut`: more lines follow in the file; `end`: no more now, but `rest` of an unfinished one. */
type Piece = { readonly bytes: Buffer; readonly at: 'cut' | 'end'; readonly rest: Buffer };

export class FileSource implements LineSource {
  readonly service: string;
  readonly #options: FileSourceOptions;
  #position: FilePosition;
  #stamp: LineStamp | undefined;
  /** `within`: a line that was too long was cut there. */
  #place: 'border' | 'within' = 'border';
  #inflated: InflatedFile | undefined;

  constructor(options: FileSourceOptions, position: FilePosition) {
    this.service = options.service;
    this.#options = options;
    this.#position = position;
  }

  get position(): FilePosition {
    return this.#position;
  }

  /** Throws what open(2), read(2) and readdir(3) fail with. */
  async next(): Promise<SourceBatch> {
    const { number } = this.#position;
    if (this.#inflated?.number === number) return await this.#nextInflated(this.#inflated);
    const found = await this.#options.files.open(number);
    switch (found.kind) {
      case 'none':
        return { gap: undefined, lines: [], state: 'idle' };
      case 'removed':
        this.#goTo(found.next);
        return this.#gap('removed');
      case 'opened':
        return found.file.form === 'plain'
          ? await this.#nextPlain(found.file)
          : await this.#beginInflated(found.file);
    }
  }

  close(): void {
    this.#inflated?.close();
    this.#inflated = undefined;
  }

  async #nextPlain({ handle, growth }: OpenLogFile): Promise<SourceBatch> {
    const { offset } = this.#position;
    try {
      const { size } = await handle.stat();
      const back = Math.min(offset, this.#stamp === undefined ? LOOK_BACK_BYTES : 1);
      const before = await readAt(handle, offset - back, Math.min(back, size - (offset - back)));
      if (before.length < back || this.#isWithinLine(before)) return await this.#replaced();
      this.#stamp ??= lastStamp(before, this.#options.format);
      const piece = await this.#readPiece(handle, size);
      return growth === 'whole' ? this.#takeWhole(piece) : this.#takeGrowing(piece);
    } finally {
      await handle.close();
    }
  }

  /** Where a line should begin. */
  #isWithinLine(before: Buffer): boolean {
    return this.#place === 'border' && before.length > 0 && before.at(-1) !== NEWLINE;
  }

  /** Whole lines; the larger, the longer a line is. */
  async #readPiece(handle: OpenLogFile['handle'], size: number): Promise<Piece> {
    const { offset } = this.#position;
    const most = size - offset;
    for (let length = this.#options.pieceBytes; ; length = Math.min(length * 4, LONGEST_LINE_BYTES)) {
      const bytes = await readAt(handle, offset, Math.min(length, most));
      const end = bytes.lastIndexOf(NEWLINE) + 1;
      const at = bytes.length >= most ? 'end' : 'cut';
      if (end > 0 || at === 'end') return { bytes: bytes.subarray(0, end), at, rest: bytes.subarray(end) };
      if (length >= LONGEST_LINE_BYTES) return { bytes, at, rest: bytes.subarray(bytes.length) };
    }
  }

  #takeGrowing({ bytes, at }: Piece): SourceBatch {
    return this.#take(bytes, at === 'cut' ? 'more' : 'idle');
  }

  /** Whatever is there at its end is its last line. */
  #takeWhole({ bytes, at, rest }: Piece): SourceBatch {
    const batch = this.#take(at === 'end' ? Buffer.concat([bytes, rest]) : bytes, 'more');
    if (at === 'end') this.#goTo(this.#position.number + 1);
    return batch;
  }

  #take(bytes: Buffer, state: SourceBatch['state']): SourceBatch {
    const { service, format } = this.#options;
    const lines = cutLines(bytes, { service, format, from: this.#position, stamp: this.#stamp });
    const last = lines.at(-1);
    if (last !== undefined) {
      this.#position = { ...this.#position, offset: this.#position.offset + bytes.length };
      this.#stamp = { timeMs: last.timeMs, stream: last.stream };
      this.#place = bytes.at(-1) === NEWLINE ? 'border' : 'within';
    }
    return { gap: undefined, lines, state };
  }

  async #beginInflated(file: OpenLogFile): Promise<SourceBatch> {
    const { number, offset } = this.#position;
    const inflated = new InflatedFile(number, file);
    this.#inflated = inflated;
    try {
      const before = await inflated.skip(offset);
      if (before === undefined) return await this.#replaced();
      this.#stamp ??= lastStamp(before, this.#options.format);
    } catch {
      return this.#damaged();
    }
    return await this.#nextInflated(inflated);
  }

  async #nextInflated(inflated: InflatedFile): Promise<SourceBatch> {
    let bytes = Buffer.alloc(0);
    try {
      for (;;) {
        const chunk = await inflated.next();
        if (chunk === undefined) return this.#endInflated(bytes);
        bytes = Buffer.concat([bytes, chunk]);
        const end = bytes.lastIndexOf(NEWLINE) + 1;
        if (end === 0 && bytes.length < LONGEST_LINE_BYTES) continue;
        const taken = end === 0 ? bytes.length : end;
        if (taken < bytes.length) inflated.putBack(bytes.subarray(taken));
        return this.#take(bytes.subarray(0, taken), 'more');
      }
    } catch {
      return this.#damaged();
    }
  }

  #endInflated(rest: Buffer): SourceBatch {
    const batch = this.#take(rest, 'more');
    this.#goTo(this.#position.number + 1);
    return batch;
  }

  /** It is not the file that the position is of: somebody has emptied it, or put another in its place. */
  async #replaced(): Promise<SourceBatch> {
    const newest = (await this.#options.files.numbers()).at(-1) ?? 1;
    this.#goTo(Math.min(this.#position.number, newest));
    return this.#gap('replaced');
  }

  #damaged(): SourceBatch {
    this.#goTo(this.#position.number + 1);
    return this.#gap('damaged');
  }

  #gap(reason: LogGap['reason']): SourceBatch {
    this.#stamp = undefined;
    return { gap: { service: this.service, lines: undefined, reason }, lines: [], state: 'more' };
  }

  #goTo(number: number): void {
    this.close();
    this.#place = 'border';
    this.#position = { kind: 'file', number, offset: 0 };
  }
}

/** Less only at the end of the file. */
export async function readAt(
  handle: OpenLogFile['handle'],
  position: number,
  length: number,
): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(Math.max(0, length));
  let read = 0;
  while (read < bytes.length) {
    const { bytesRead } = await handle.read(bytes, read, bytes.length - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return bytes.subarray(0, read);
}
