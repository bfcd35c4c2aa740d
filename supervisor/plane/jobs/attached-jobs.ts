// The jobs that somebody is attached to: from when the engine lends their ends, which is before the one who asked is told, to when
// nothing is left of them.
import { closeSync } from 'node:fs';
import type { JobRecord } from '../../core/job.ts';
import type { JobId } from '../../core/names.ts';
import type { JobStream, LentJobEnd } from '../../core/plane-message.ts';
import type { SignalName } from '../../core/service-spec.ts';
import type { JobEndView } from '../../wire/job-view.ts';
import type { ResizeTerminal } from '../ports.ts';
import { Attachment, type Peer } from './attachment.ts';

/** Who asked for a job attaches to it as soon as it has a process. */
const CLAIM_MS = 15_000;

export type AttachedJobsOptions = {
  readonly hangUp: (job: JobId) => void;
  readonly sendSignal: (job: JobId, signal: SignalName, actor: string) => void;
  readonly resizeTerminal: ResizeTerminal;
  /** The end is not needed any more. */
  readonly onDone: (record: Pick<JobRecord, 'id' | 'run'>, stream: JobStream, error: string) => void;
};

type Unclaimed = {
  readonly ends: LentJobEnd[];
  readonly timer: NodeJS.Timeout;
};

export class AttachedJobs {
  readonly #options: AttachedJobsOptions;
  readonly #unclaimed = new Map<JobId, Unclaimed>();
  readonly #attachments = new Map<JobId, Attachment>();

  constructor(options: AttachedJobsOptions) {
    this.#options = options;
  }

  lend(record: JobRecord, end: LentJobEnd): void {
    const attachment = this.#attachments.get(record.id);
    if (attachment !== undefined) attachment.add(end);
    else if (record.state.kind === 'ended') this.#refuse(end);
    else this.#unclaimedOf(record.id).ends.push(end);
  }

  /** From now on the job's streams are this peer's. */
  attach(record: JobRecord, peer: Peer, actor: string): void {
    const { id, run } = record;
    const { hangUp, sendSignal, resizeTerminal, onDone } = this.#options;
    const attachment = new Attachment(record, peer, {
      resizeTerminal,
      hangUp: () => {
        hangUp(id);
      },
      sendSignal: (signal) => {
        sendSignal(id, signal, actor);
      },
      onDone: (stream, error) => {
        onDone({ id, run }, stream, error);
      },
      onOver: () => {
        this.#attachments.delete(id);
      },
    });
    this.#attachments.set(id, attachment);
    const held = this.#unclaimed.get(id);
    this.#unclaimed.delete(id);
    clearTimeout(held?.timer);
    for (const end of held?.ends ?? []) attachment.add(end);
  }

  jobEnded(job: JobId, end: JobEndView): void {
    this.#attachments.get(job)?.jobEnded(end);
    // Whoever comes for it now still gets what it has written.
  }

  forget(job: JobId): void {
    this.#attachments.get(job)?.close();
    this.#attachments.delete(job);
    this.#drop(job);
  }

  #unclaimedOf(job: JobId): Unclaimed {
    const known = this.#unclaimed.get(job);
    if (known !== undefined) return known;
    const timer = setTimeout(() => {
      this.#drop(job);
      this.#options.hangUp(job);
    }, CLAIM_MS);
    const unclaimed = { ends: [], timer };
    this.#unclaimed.set(job, unclaimed);
    return unclaimed;
  }

  #drop(job: JobId): void {
    const unclaimed = this.#unclaimed.get(job);
    if (unclaimed === undefined) return;
    clearTimeout(unclaimed.timer);
    this.#unclaimed.delete(job);
    for (const end of unclaimed.ends) this.#refuse(end);
  }

  #refuse({ job, run, stream, fd }: LentJobEnd): void {
    closeSync(fd);
    this.#options.onDone({ id: job, run }, stream, '');
  }
}
