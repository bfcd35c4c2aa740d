// A job as the API shows it, and what the frames of its output carry besides the output.
import { z } from 'zod';

/** `failed`: it could not be started. `stopped`: by somebody, by its timeout, or with the container. */
const jobStateName = z.enum(['starting', 'running', 'stopping', 'exited', 'stopped', 'failed']);

const jobLoss = {
  /** Bytes of output beyond the limit: read, not kept. */
  dropped: z.int(),
  /** Bytes of output that could not be written, because the disk was full or not there. */
  lost: z.int(),
};

export const jobLossView = z.strictObject(jobLoss);

export const jobEndView = z.strictObject({
  state: jobStateName,
  /** `exited: 0`, `stopped`, `failed: ...`; see jobView. */
  status: z.string(),
  /** In words: `exited with code 3`, `killed by SIGSEGV`. */
  text: z.string(),
  /** Its exit code, or 128 and the number of the signal that killed it; as a shell says it, 126 or 127 when it could not be started. */
  exit_code: z.int(),
  /** Empty when it was not killed by one. */
  signal: z.string(),
});

export const jobView = z.strictObject({
  id: z.int(),
  state: jobStateName,
  /** `running`; `exited: N`, where N is 128 and its number for a signal; `stopped`; `failed: ...` when it could not be started. */
  status: z.string(),
  /** What looks like a secret is masked. */
  command: z.array(z.string()),
  /** In whose context it runs; null: in that of Bosun. */
  service: z.string().nullable(),
  /** Who asked for it, such as `uid:0`. */
  owner: z.string(),
  input: z.enum(['none', 'stream', 'terminal']),
  pid: z.int().nullable(),
  requested_at: z.iso.datetime(),
  /** When it had a process. */
  started_at: z.iso.datetime().nullable(),
  ended_at: z.iso.datetime().nullable(),
  end: jobEndView.nullable(),
  /** While it is being stopped: why. */
  stopping: z.enum(['asked', 'hangup', 'timeout', 'shutdown', 'leader-exited']).nullable(),
  /** What it was promised and does not have, in words. */
  degraded: z.array(z.string()),
  timeout_ms: z.int(),
  output: z.strictObject({
    /**
     * `kept`: it can be read. `discarded`: it had to make room for that of newer jobs. `attached`: it goes to whoever the job is run
     * for, and is kept nowhere.
     */
    kept: z.enum(['kept', 'discarded', 'attached']),
    /** Bytes of both streams that are kept. */
    bytes: z.int(),
    ...jobLoss,
  }),
});

export const jobsView = z.strictObject({
  /** Those that live and the newest that have ended, oldest first. */
  jobs: z.array(jobView),
});

export type JobView = z.infer<typeof jobView>;
export type JobsView = z.infer<typeof jobsView>;
export type JobEndView = z.infer<typeof jobEndView>;
export type JobLossView = z.infer<typeof jobLossView>;
