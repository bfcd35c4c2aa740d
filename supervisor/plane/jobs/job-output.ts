// The output of one job: takes what was read, keeps it up to the limit, counts the rest, and wakes those who read. It never waits and
// never throws: what cannot be kept is counted, and the job goes on.
import { encodeFrame, FRAME, FRAME_HEADER_BYTES } from '../../wire/frames.ts';
import type { JobEndView, JobLossView } from '../../wire/job-view.ts';
import type { OutputFile } from './output-file.ts';

/** Read at once for whoever reads. */
const BLOCK_BYTES = 65_536;

export type OutputStreamType = typeof FRAME.stdout | typeof FRAME.stderr;

export type JobOutputOptions = {
  readonly file: OutputFile;
  /** Of both streams together. */
  readonly limitBytes: number;
  /** Whether so many bytes more may be on the disk, for all jobs together; makes room for them if it can. */
  readonly mayGrow: (bytes: number) => boolean;
  /** So many bytes more are on it. */
  readonly grown: (bytes: number) => void;
  /** Once for each errno. */
  readonly onTrouble: (errno: string) => void;
};

export class JobOutput {
  readonly #options: JobOutputOptions;
  readonly #readers = new Set<() => void>();
  readonly #troubles = new Set<string>();
  /** Of whole frames on the disk. */
  #fileBytes = 0;
  #streamBytes = 0;
  #dropped = 0;
  #lost = 0;
  #state: 'open' | 'complete' = 'open';
  /** The frames about the end, where the disk has no room for them. */
  #tail: Buffer = Buffer.alloc(0);
  /** What was read last: those who read along at the end all want the same. */
  #block: { readonly at: number; readonly bytes: Buffer } | undefined;
  #wake: NodeJS.Immediate | undefined;

  constructor(options: JobOutputOptions) {
    this.#options = options;
  }

  /** Takes over what a former control plane has left of it, if it has. */
  begin(): void {
    const { file } = this.#options;
    const counts = file.readCounts();
    this.#dropped = counts?.dropped ?? 0;
    this.#lost = counts?.lost ?? 0;
    try {
      file.openForWriting();
      const found = file.recover();
      this.#fileBytes = found.fileBytes;
      this.#streamBytes = found.streamBytes;
    } catch (error) {
      this.#trouble(error);
    }
  }

  /** One that may be complete since before this control plane. `absent`: nothing is left of it. */
  reopen(): 'complete' | 'incomplete' | 'absent' {
    const counts = this.#options.file.readCounts();
    if (counts === undefined) return 'absent';
    if (counts.completeBytes === 0) return 'incomplete';
    this.#dropped = counts.dropped;
    this.#lost = counts.lost;
    this.#fileBytes = counts.completeBytes;
    this.#streamBytes = counts.streamBytes;
    this.#state = 'complete';
    return 'complete';
  }

  /** All that can be read, the end included. */
  get size(): number {
    return this.#fileBytes + this.#tail.length;
  }

  get isComplete(): boolean {
    return this.#state === 'complete';
  }

  get counts(): JobLossView & { readonly bytes: number } {
    return { bytes: this.#streamBytes, dropped: this.#dropped, lost: this.#lost };
  }

  get fileBytes(): number {
    return this.#fileBytes;
  }

  /** The bytes are used during the call only. */
  append(type: OutputStreamType, bytes: Buffer): void {
    if (this.isComplete) return;
    const kept = bytes.subarray(0, Math.max(0, this.#options.limitBytes - this.#streamBytes));
    const dropped = bytes.length - kept.length;
    const fate = kept.length === 0 ? 'written' : this.#keep(type, kept);
    if (fate === 'lost') this.#lost += kept.length;
    this.#dropped += fate === 'dropped' ? bytes.length : dropped;
    if (dropped > 0 || fate !== 'written') this.#writeCounts();
    if (kept.length > 0 && fate === 'written') this.#wakeReaders();
  }

  /** Nothing more comes. */
  complete(end: JobEndView): void {
    if (this.#state === 'complete') return;
    const [dropped, lost] = [this.#dropped, this.#lost];
    const loss = JSON.stringify({ dropped, lost } satisfies JobLossView);
    const tail = [
      ...(dropped + lost > 0 ? [encodeFrame(FRAME.loss, loss)] : []),
      encodeFrame(FRAME.end, JSON.stringify(end)),
    ];
    this.#appendTail(Buffer.concat(tail));
    this.#state = 'complete';
    this.#writeCounts();
    this.#wakeReaders();
    if (this.#readers.size === 0) this.#options.file.close();
  }

  /** Called whenever there is more to read, or the end. The result ends it. Throws the errors of open(2). */
  addReader(wake: () => void): () => void {
    const { file } = this.#options;
    if (!file.isOpen && this.#fileBytes > 0) file.openForReading();
    this.#readers.add(wake);
    return () => {
      this.#readers.delete(wake);
      if (this.#readers.size === 0) this.#block = undefined;
      if (this.#readers.size === 0 && this.isComplete) file.close();
    };
  }

  /** At most a block, for a reader that has been added; empty where there is nothing more yet. Throws the errors of read(2). */
  read(at: number): Buffer {
    if (at >= this.#fileBytes) return this.#tail.subarray(at - this.#fileBytes);
    if (this.#block?.at !== at) {
      const bytes = this.#options.file.read(at, Math.min(BLOCK_BYTES, this.#fileBytes - at));
      this.#block = { at, bytes };
    }
    return this.#block.bytes;
  }

  /** Its files are about to be removed; those who read go on. */
  release(): void {
    if (this.#readers.size === 0) this.#options.file.close();
  }

  #keep(type: number, payload: Buffer): 'written' | 'dropped' | 'lost' {
    const { file, mayGrow, grown } = this.#options;
    // What kept it from being opened has been told.
    if (!file.isOpen) return 'lost';
    if (!mayGrow(FRAME_HEADER_BYTES + payload.length)) return 'dropped';
    try {
      const written = file.writeFrame(this.#fileBytes, type, payload);
      this.#fileBytes += written;
      this.#streamBytes += payload.length;
      grown(written);
      return 'written';
    } catch (error) {
      this.#trouble(error);
      return 'lost';
    }
  }

  #appendTail(tail: Buffer): void {
    const { file } = this.#options;
    try {
      if (file.isOpen) {
        this.#fileBytes += file.writeBytes(this.#fileBytes, tail);
        this.#options.grown(tail.length);
      } else this.#tail = tail;
    } catch (error) {
      this.#trouble(error);
      this.#tail = tail;
    }
  }

  #writeCounts(): void {
    const completeBytes = this.isComplete && this.#tail.length === 0 ? this.#fileBytes : 0;
    const counts = {
      dropped: this.#dropped,
      lost: this.#lost,
      completeBytes,
      streamBytes: this.#streamBytes,
    };
    this.#options.file.writeCounts(counts);
  }

  /** Once for all that is read in this turn of the loop. */
  #wakeReaders(): void {
    if (this.#readers.size === 0) return;
    this.#wake ??= setImmediate(() => {
      this.#wake = undefined;
      for (const wake of [...this.#readers]) wake();
    });
  }

  #trouble(error: unknown): void {
    const errno = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    if (this.#troubles.has(errno)) return;
    this.#troubles.add(errno);
    this.#options.onTrouble(errno);
  }
}
