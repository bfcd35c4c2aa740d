// Our ends of what jobs read from and write to: each is kept here, and the control plane gets duplicates, again when another worker takes
// the place of one that has died. Closed when they are not needed any more, and never before.
import type { RecordedEvent } from '../core/event.ts';
import type { JobId, RunId } from '../core/names.ts';
import type { JobStream, LentJobEnd } from '../core/plane-message.ts';

export type KeptEnd = { readonly ours: number; readonly lent: Omit<LentJobEnd, 'fd'> };

export class KeptEnds {
  readonly #close: (fd: number) => void;
  readonly #ends = new Map<string, KeptEnd>();

  constructor(close: (fd: number) => void) {
    this.#close = close;
  }

  get size(): number {
    return this.#ends.size;
  }

  get keys(): readonly string[] {
    return [...this.#ends.keys()];
  }

  /** The order in which they were made is kept. */
  get saved(): readonly KeptEnd[] {
    return [...this.#ends.values()];
  }

  /** Its key. */
  keep(end: KeptEnd): string {
    const key = keyOf(end.lent.run, end.lent.stream);
    this.#ends.set(key, end);
    return key;
  }

  descriptor(key: string): number | undefined {
    return this.#ends.get(key)?.ours;
  }

  /** What a duplicate is the end of. */
  end(key: string, fd: number): LentJobEnd | undefined {
    const end = this.#ends.get(key);
    return end === undefined ? undefined : { ...end.lent, fd };
  }

  /**
   * Of what is read only at the end of the stream: a writer that is still there, even a stray, must never get EPIPE. The input of a job is
   * complete when the last copy of its end is closed.
   */
  release(run: RunId, stream: JobStream): void {
    this.#drop(keyOf(run, stream));
  }

  /** Nobody reads the input of a job that has ended. Of one that is forgotten nothing is kept, whoever may still hold the other end. */
  follow(events: readonly RecordedEvent[]): void {
    for (const { event } of events) {
      if (event.type === 'job-ended') this.#dropOf(event.job, ['stdin']);
      if (event.type === 'job-forgotten') this.#dropOf(event.job, ['stdin', 'stdout', 'stderr', 'terminal']);
    }
  }

  #dropOf(job: JobId, streams: readonly JobStream[]): void {
    for (const [key, { lent }] of this.#ends)
      if (lent.job === job && streams.includes(lent.stream)) this.#drop(key);
  }

  #drop(key: string): void {
    const end = this.#ends.get(key);
    if (end === undefined) return;
    this.#ends.delete(key);
    this.#close(end.ours);
  }
}

function keyOf(run: RunId, stream: JobStream): string {
  return `${String(run)}/${stream}`;
}
