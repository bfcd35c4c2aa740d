// The jobs in the control plane: their output from the lent ends to the files, and the ends of those that somebody is attached to.
// Follows the view; decides nothing.
import { closeSync } from 'node:fs';
import { join } from 'node:path';
import type { RecordedEvent } from '../../core/event.ts';
import { isLiveJob, type JobRecord } from '../../core/job.ts';
import type { JobId } from '../../core/names.ts';
import type { SignalName } from '../../core/service-spec.ts';
import type { FromPlane, JobStream, LentJobEnd } from '../../core/plane-message.ts';
import { FRAME } from '../../wire/frames.ts';
import type { JobView } from '../../wire/job-view.ts';
import type { OwnLog } from '../logs/own-log.ts';
import type { ResizeTerminal } from '../ports.ts';
import type { FleetView } from '../views/fleet-view.ts';
import { AttachedJobs } from './attached-jobs.ts';
import type { JobOutput } from './job-output.ts';
import { projectJob, projectJobEnd } from './job-projection.ts';
import { JobStreams } from './job-streams.ts';
import { JobTimes } from './job-times.ts';
import { OutputStore } from './output-store.ts';

export type JobsOptions = {
  readonly stateDir: string;
  readonly view: FleetView;
  readonly post: (message: FromPlane) => void;
  readonly log: OwnLog;
  readonly resizeTerminal: ResizeTerminal;
  /** Nobody is there any more for whom it is run. */
  readonly hangUp: (job: JobId) => void;
  readonly sendSignal: (job: JobId, signal: SignalName, actor: string) => void;
};

export class Jobs {
  readonly attached: AttachedJobs;
  readonly #options: JobsOptions;
  readonly #store: OutputStore;
  readonly #times = new JobTimes();
  readonly #streams = new Map<JobId, JobStreams>();

  constructor(options: JobsOptions) {
    const { view, stateDir, log, hangUp, resizeTerminal, sendSignal } = options;
    this.#options = options;
    this.attached = new AttachedJobs({ hangUp, resizeTerminal, sendSignal, onDone: this.#done });
    this.#store = new OutputStore({
      directory: join(stateDir, 'jobs'),
      onTrouble: (job, errno) => {
        const text = `the output of job ${job} cannot be kept (${errno}); what is missing is counted`;
        log({ level: 'error', text, fields: { job, errno } });
      },
    });
    for (const recorded of view.events.since(0)) this.#times.note(recorded);
    this.#takeOver(view.fleet.jobs);
    view.subscribe((recorded) => {
      this.#note(recorded);
    });
  }

  /** An end that the engine lends: for the file, or for whoever is attached. */
  lend(end: LentJobEnd): void {
    const record = this.find(end.job);
    if (record === undefined) closeSync(end.fd);
    else if (record.input === 'none') this.#streamsOf(record).add(end);
    else this.attached.lend(record, end);
  }

  find(job: number): JobRecord | undefined {
    return this.#options.view.fleet.jobs.findLast(({ id }) => id === job);
  }

  output(job: JobId): JobOutput | undefined {
    return this.#store.find(job);
  }

  project(record: JobRecord): JobView {
    return projectJob(record, this.#times, this.#store.find(record.id));
  }

  /** The thread is about to end: what is in the pipes now is read. `untilMs`: performance.now(). */
  finish(untilMs: number): void {
    for (const streams of this.#streams.values()) streams.readNow(untilMs);
  }

  /** The thread is about to die of an error: what is not read now is there for the next one. */
  hold(): void {
    for (const streams of this.#streams.values()) streams.pause();
  }

  /** After a former control plane. One that has ended meanwhile may have left something in its pipes, which are lent again. */
  #takeOver(records: readonly JobRecord[]): void {
    const stored = records.filter(({ input }) => input === 'none');
    this.#store.begin(new Set(stored.map(({ id }) => id)));
    for (const record of stored) {
      if (isLiveJob(record)) this.#open(record);
      else if (this.#store.reopen(record.id) === 'incomplete') {
        this.#open(record);
        this.#end(record.id);
      }
    }
    // Whoever they were run for was connected to the former one.
    for (const record of records)
      if (record.input !== 'none' && isLiveJob(record)) this.#options.hangUp(record.id);
  }

  #note(recorded: RecordedEvent): void {
    this.#times.note(recorded);
    const { event } = recorded;
    if (event.type === 'job-requested' && event.input === 'none') {
      const record = this.find(event.job);
      if (record !== undefined) this.#open(record);
    } else if (event.type === 'job-ended') {
      this.attached.jobEnded(event.job, projectJobEnd(event.end));
      this.#end(event.job);
    } else if (event.type === 'job-forgotten') {
      this.attached.forget(event.job);
      this.#forget(event.job);
    }
  }

  #open(record: JobRecord): void {
    this.#store.open(record.id, record.outputLimitBytes);
    this.#streamsOf(record);
  }

  #streamsOf(record: JobRecord): JobStreams {
    const known = this.#streams.get(record.id);
    if (known !== undefined) return known;
    const { id } = record;
    const streams = new JobStreams(['stdout', 'stderr'], {
      onChunk: (stream, bytes) => {
        this.#store.find(id)?.append(stream === 'stderr' ? FRAME.stderr : FRAME.stdout, bytes);
      },
      onDone: (stream, error) => {
        this.#done(record, stream, error);
        if (streams.isOver) this.#streams.delete(id);
      },
      onDrained: () => {
        this.#complete(id);
      },
    });
    this.#streams.set(id, streams);
    if (!isLiveJob(record)) streams.jobEnded();
    return streams;
  }

  #end(job: JobId): void {
    const record = this.find(job);
    if (record?.state.kind !== 'ended' || record.input !== 'none') return;
    if (record.state.end.kind !== 'not-started') {
      this.#streamsOf(record).jobEnded();
      return;
    }
    this.#streams.delete(job);
    this.#complete(job);
  }

  #complete(job: JobId): void {
    const state = this.find(job)?.state;
    if (state?.kind === 'ended') this.#store.complete(job, projectJobEnd(state.end));
  }

  #forget(job: JobId): void {
    this.#streams.get(job)?.close();
    this.#streams.delete(job);
    this.#store.discard(job);
  }

  readonly #done = ({ id, run }: Pick<JobRecord, 'id' | 'run'>, stream: JobStream, error: string): void => {
    this.#options.post({ type: 'job-end-done', run, stream });
    if (error === '') return;
    const text = `cannot read ${stream} of job ${id}: ${error}`;
    this.#options.log({ level: 'error', text, fields: { job: id } });
  };
}
