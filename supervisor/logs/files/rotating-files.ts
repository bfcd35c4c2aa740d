// The log files of one service: appends blocks to current.log, and rotates it before a line would make it too large, or when it is old. One
// system call for a block. Never throws, waits for nothing but the disk, and counts what it cannot write. A thread that dies anywhere in it
// is followed by one that goes on at the same byte. It compresses nothing: the control plane does.
import { CURRENT_LOG } from '../../core/log-file-name.ts';
import type { LogFileSpec } from '../../core/log-spec.ts';
import { countLines } from '../block-splitter.ts';
import type { BlockStore, FileProgress, StoreObserver } from '../ports.ts';
import type { TroubleMemory } from '../trouble-memory.ts';
import { CoolDown } from './cool-down.ts';
import type { CurrentFile } from './current-file.ts';
import { fileCalls, type FileCalls } from './file-calls.ts';
import { errnoOf, faultOf, RefusedFile } from './file-fault.ts';
import { borderAfter, borderUpTo, isBorder } from './line-border.ts';
import type { LogParts } from './log-parts.ts';
import { OpenLog } from './open-log.ts';
import { restoreLines, type Lost } from './orphan.ts';
import { fileLimit } from './retention.ts';
import { Rotation } from './rotation.ts';
import { StoreTrouble } from './store-trouble.ts';

const NEWLINE = Uint8Array.of(0x0a);
/** Nothing is wrong with the file itself. */
const FULL: ReadonlySet<string | undefined> = new Set(['ENOSPC', 'EDQUOT']);

type RotatingFilesOptions = {
  readonly spec: LogFileSpec;
  /** Of the service. */
  readonly name: string;
  readonly observer: StoreObserver;
  readonly memory: TroubleMemory;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly calls: FileCalls;
};

/** Nothing is opened before the first write. */
export function createRotatingFiles(
  spec: LogFileSpec,
  name: string,
  observer: StoreObserver,
  memory: TroubleMemory,
  clock: () => number = Date.now,
): BlockStore {
  return new RotatingFiles({ spec, name, observer, memory, clock, calls: fileCalls });
}

export class RotatingFiles implements BlockStore {
  readonly #parts: LogParts;
  readonly #clock: () => number;
  readonly #log: OpenLog;
  readonly #rotation: Rotation;
  readonly #coolDown = new CoolDown();
  readonly #limitBytes: number;

  constructor({ spec, name, observer, memory, clock, calls }: RotatingFilesOptions) {
    const trouble = new StoreTrouble({ kind: 'file', name }, observer, memory);
    this.#parts = { spec, observer, calls, memory, trouble };
    this.#clock = clock;
    this.#log = new OpenLog(this.#parts);
    this.#rotation = new Rotation(this.#parts);
    this.#limitBytes = fileLimit(spec);
  }

  write(output: Uint8Array, progress: FileProgress): void {
    if (progress.bytes >= output.length) return;
    const nowMs = this.#clock();
    if (!this.#coolDown.isOver(nowMs)) {
      this.#drop(output, progress);
      return;
    }
    try {
      this.#append(output, progress, nowMs);
      this.#parts.trouble.over('writing');
    } catch (error) {
      this.#coolDown.begin(nowMs);
      this.#parts.trouble.failed('writing', faultOf(error, `write ${this.#path}`));
      this.#cutTornLine(output, progress.bytes);
      if (!FULL.has(errnoOf(error))) this.#log.close();
      this.#drop(output, progress);
    }
  }

  get dueAtMs(): number {
    const { maxAgeMs } = this.#parts.spec;
    const { file } = this.#log;
    if (maxAgeMs === 0 || file === undefined || file.bytes === 0 || file.tail !== 'border') return Infinity;
    return Math.max(file.bornAtMs + maxAgeMs, this.#rotation.retryAtMs);
  }

  tick(nowMs: number): void {
    if (nowMs < this.dueAtMs) return;
    try {
      this.#rotate(nowMs);
    } catch (error) {
      this.#parts.trouble.failed('rotating', faultOf(error, `rotate ${this.#path}`));
    }
    this.#closeLog(nowMs);
  }

  close(): void {
    const nowMs = this.#clock();
    this.#log.look(nowMs);
    this.#closeLog(nowMs);
  }

  /** Until something is written, anybody may do with the directory as they like. What was lost with a file is restored before. */
  #closeLog(nowMs: number): void {
    try {
      if (this.#log.hasOrphaned)
        this.#open(nowMs, ({ lines, bytes }) => {
          this.#parts.memory.lose(lines, bytes);
        });
    } catch (error) {
      this.#parts.trouble.failed('writing', faultOf(error, `write ${this.#path}`));
    }
    this.#log.close();
  }

  get #path(): string {
    return `${this.#parts.spec.directory}/${CURRENT_LOG}`;
  }

  #append(output: Uint8Array, progress: FileProgress, nowMs: number): void {
    const lose = (loss: Lost): void => {
      progress.lose({ to: progress.bytes, ...loss });
    };
    let file = this.#open(nowMs, lose);
    this.#resume(file, output, progress);
    while (progress.bytes < output.length) {
      const end = this.#endFor(file, output, progress.bytes, nowMs);
      if (end > progress.bytes) this.#put(file, output, end, progress);
      else {
        this.#rotate(nowMs);
        file = this.#open(nowMs, lose);
      }
    }
  }

  /** `lose`: what came out of a file that somebody has removed, and cannot be written to this one. */
  #open(nowMs: number, lose: (lost: Lost) => void): CurrentFile {
    const { directory, file } = this.#log.open(nowMs);
    const orphaned = this.#log.takeOrphaned();
    if (orphaned !== undefined) restoreLines(orphaned, file, this.#parts.calls, lose);
    this.#rotation.takeOver(directory);
    if (file.bytes === 0 || file.bornAtMs > nowMs) file.bornAtMs = nowMs;
    return file;
  }

  /** A line that a former Bosun has not ended is ended. One that a former thread has begun is gone on with, if its beginning is there. */
  #resume(file: CurrentFile, output: Uint8Array, progress: FileProgress): void {
    const { bytes } = progress;
    if (isBorder(output, bytes)) {
      if (file.tail !== 'torn') return;
      file.bytes += this.#parts.calls.write(file.fd, NEWLINE, 0, 1);
      file.tail = 'border';
    } else if (file.tail === 'border') {
      const to = borderAfter(output, bytes);
      progress.lose({ to, lines: 1, bytes: to - borderUpTo(output, bytes) });
    }
  }

  /** How far of `output` goes into this file; `at`: nothing, it has to be rotated before. No line is torn. */
  #endFor(file: CurrentFile, output: Uint8Array, at: number, nowMs: number): number {
    const mayRotate = this.#rotation.mayBeTried(nowMs);
    const canRotate = mayRotate && file.bytes > 0 && file.tail === 'border';
    if (canRotate && this.#isOld(file, nowMs)) return at;
    const room = this.#limitBytes - file.bytes;
    if (output.length - at <= room || !mayRotate) return output.length;
    const end = room > 0 ? borderUpTo(output, at + room) : at;
    if (end > at) return end;
    return canRotate ? at : borderAfter(output, at);
  }

  #isOld({ bornAtMs }: CurrentFile, nowMs: number): boolean {
    const { maxAgeMs } = this.#parts.spec;
    return maxAgeMs > 0 && nowMs - bornAtMs >= maxAgeMs;
  }

  #put(file: CurrentFile, output: Uint8Array, end: number, progress: FileProgress): void {
    const { calls } = this.#parts;
    const { words, word } = progress;
    while (progress.bytes < end) {
      const start = progress.bytes;
      // Nothing is called between the return of write(2) and the store: see Staging.fill.
      words[word] = start + calls.write(file.fd, output, start, end - start);
      const at = progress.bytes;
      if (at === start) throw new RefusedFile('EIO', `${this.#path} takes no bytes`);
      file.bytes += at - start;
      file.tail = isBorder(output, at) ? 'border' : 'unended';
    }
  }

  #rotate(nowMs: number): void {
    this.#log.look(nowMs);
    if (this.#log.file === undefined) return;
    const { directory } = this.#log.open(nowMs);
    if (this.#rotation.rotate(directory, nowMs) === 'rotated') this.#log.closeFile();
  }

  /** What could not be written whole is taken out again, so that there are whole lines only. */
  #cutTornLine(output: Uint8Array, written: number): void {
    const { file } = this.#log;
    const torn = written - borderUpTo(output, written);
    if (file === undefined || torn === 0 || file.tail === 'border') return;
    try {
      const { calls } = this.#parts;
      file.bytes = calls.fstat(file.fd).bytes - torn;
      calls.ftruncate(file.fd, file.bytes);
      file.tail = 'border';
    } catch {
      // It is opened again, and the line is ended there.
      this.#log.close();
    }
  }

  #drop(output: Uint8Array, progress: FileProgress): void {
    const from = borderUpTo(output, progress.bytes);
    const to = output.length;
    progress.lose({ to, lines: countLines(output.subarray(from)), bytes: to - from });
  }
}
