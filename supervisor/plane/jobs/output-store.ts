// The outputs of all jobs under one directory, and what may be kept of them together: those that ended first make room for newer
// ones. A job's output lives as long as the state knows the job.
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectorySync } from '../make-directory.ts';
import type { JobId } from '../../core/names.ts';
import type { JobEndView } from '../../wire/job-view.ts';
import { JobOutput } from './job-output.ts';
import { OutputFile } from './output-file.ts';

const ALL_OUTPUTS_BYTES = 268_435_456;

export type OutputStoreOptions = {
  readonly directory: string;
  readonly onTrouble: (job: JobId, errno: string) => void;
  readonly allOutputsBytes?: number;
};

export class OutputStore {
  readonly #options: OutputStoreOptions;
  readonly #outputs = new Map<JobId, JobOutput>();
  /** Those of them that are complete, in the order of their ends. */
  readonly #complete = new Set<JobId>();
  #usedBytes = 0;

  constructor(options: OutputStoreOptions) {
    this.#options = options;
  }

  /** What is there of jobs that nobody knows any more is removed. */
  begin(known: ReadonlySet<JobId>): void {
    try {
      makeDirectorySync(this.#options.directory, 0o700);
      for (const name of readdirSync(this.#options.directory))
        if (!known.has(Number(name) as JobId)) this.#remove(name);
    } catch {
      // Told when an output cannot be written.
    }
  }

  find(job: JobId): JobOutput | undefined {
    return this.#outputs.get(job);
  }

  /** Of a job that lives, or whose end has not been written; what a former control plane has written is kept. */
  open(job: JobId, limitBytes: number): JobOutput {
    const output = this.#create(job, limitBytes);
    output.begin();
    this.#outputs.set(job, output);
    this.#usedBytes += output.fileBytes;
    return output;
  }

  /** Of a job that has ended: what a former control plane has written, if it is complete. */
  reopen(job: JobId): ReturnType<JobOutput['reopen']> {
    const output = this.#create(job, 0);
    const found = output.reopen();
    if (found !== 'complete') return found;
    this.#outputs.set(job, output);
    this.#complete.add(job);
    this.#usedBytes += output.fileBytes;
    return found;
  }

  complete(job: JobId, end: JobEndView): void {
    const output = this.#outputs.get(job);
    if (output === undefined || output.isComplete) return;
    output.complete(end);
    this.#complete.add(job);
  }

  /** Nothing is kept of it any more. */
  discard(job: JobId): void {
    const output = this.#outputs.get(job);
    if (output === undefined) return;
    this.#outputs.delete(job);
    this.#complete.delete(job);
    this.#usedBytes -= output.fileBytes;
    output.release();
    this.#remove(String(job));
  }

  #create(job: JobId, limitBytes: number): JobOutput {
    return new JobOutput({
      file: new OutputFile(join(this.#options.directory, String(job))),
      limitBytes,
      mayGrow: (bytes) => this.#mayGrow(bytes),
      grown: (bytes) => {
        this.#usedBytes += bytes;
      },
      onTrouble: (errno) => {
        this.#options.onTrouble(job, errno);
      },
    });
  }

  #mayGrow(bytes: number): boolean {
    const most = this.#options.allOutputsBytes ?? ALL_OUTPUTS_BYTES;
    while (this.#usedBytes + bytes > most) {
      const [oldest] = this.#complete;
      if (oldest === undefined) return false;
      this.discard(oldest);
    }
    return true;
  }

  #remove(name: string): void {
    try {
      rmSync(join(this.#options.directory, name), { recursive: true, force: true });
    } catch {
      // It is tried again at the next start.
    }
  }
}
