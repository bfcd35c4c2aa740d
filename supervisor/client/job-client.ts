// Jobs: run one, look at them, stop one, send one a signal, read its output, or be attached to it.
import type { JobsView, JobView } from '../wire/job-view.ts';
import type { ApiCaller, Cancel, WriteOptions } from './api-caller.ts';
import { streamJobOutput, type JobOutputOptions } from './job-output.ts';
import type { JobPiece } from './job-pieces.ts';
import { openJobSession, type JobSession } from './job-session.ts';

/** The keys of POST /v1/jobs, docs/reference/api.md; durations and sizes as in a service file: `10s`, `16M`. */
export type JobRequest = {
  /** Program and arguments; a string is split as a shell splits words, but no shell runs it. */
  readonly command: readonly string[] | string;
  /** In whose context it runs; without one, in that of Bosun. */
  readonly service?: string | undefined;
  readonly environment?: Readonly<Record<string, string | null>> | undefined;
  readonly working_dir?: string | undefined;
  readonly user?: string | number | undefined;
  readonly limits?: Readonly<Record<string, unknown>> | undefined;
  readonly security?: Readonly<Record<string, unknown>> | undefined;
  readonly stop_interval?: string | undefined;
  readonly timeout?: string | undefined;
  readonly output_limit?: string | undefined;
};

export type SessionRequest = JobRequest & {
  readonly input: 'stream' | 'terminal';
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

/** Every method throws BosunUnreachable or BosunProblem; with `signal`, also its reason. */
export class JobClient {
  readonly #api: ApiCaller;

  constructor(api: ApiCaller) {
    this.#api = api;
  }

  /** Resolves when the job has a process. BosunProblem `job-not-started` when it could not be spawned. */
  async run(request: JobRequest, options: WriteOptions = {}): Promise<JobView> {
    return (await this.#api.post('/v1/jobs', request, options)) as JobView;
  }

  /** Those that live and the newest that have ended, oldest first. */
  async list(cancel: Cancel = {}): Promise<JobsView> {
    return (await this.#api.get('/v1/jobs', cancel)) as JobsView;
  }

  async get(job: number | string, cancel: Cancel = {}): Promise<JobView> {
    return (await this.#api.get(pathOf(job), cancel)) as JobView;
  }

  /** With `waitMs`: resolves when it has ended. One that has ended already is as good as stopped. */
  async stop(job: number | string, options: WriteOptions = {}): Promise<JobView> {
    const { waitMs } = options;
    const wait = waitMs === undefined ? '' : `?wait=${Math.round(waitMs)}ms`;
    return (await this.#api.post(`${pathOf(job)}/stop${wait}`, undefined, options)) as JobView;
  }

  /** `signal`: a name such as SIGHUP or HUP; goes to its main process. */
  async sendSignal(job: number | string, signal: string, options: WriteOptions = {}): Promise<JobView> {
    return (await this.#api.post(`${pathOf(job)}/signal`, { signal }, options)) as JobView;
  }

  /** All of its output from the first byte on, each byte once, also over a restart of the control plane; the end is the last. */
  output(job: number | string, options: JobOutputOptions = {}): AsyncGenerator<JobPiece, void, undefined> {
    return streamJobOutput(this.#api, `${pathOf(job)}/output`, options);
  }

  /** Runs it with its streams attached to this process: when the connection is gone, the job is hung up. */
  async attach({ service, ...request }: SessionRequest, cancel: Cancel = {}): Promise<JobSession> {
    const path = service === undefined ? '/v1/jobs' : `/v1/services/${encodeURIComponent(service)}/exec`;
    return await openJobSession(this.#api.target, { path, body: request, ...cancel });
  }
}

function pathOf(job: number | string): string {
  return `/v1/jobs/${encodeURIComponent(String(job))}`;
}
