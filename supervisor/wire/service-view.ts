// One service as the API shows it. The schema is the source of the type; server and client import the type alone, so that
// neither pays for loading zod.
import { z } from 'zod';

export const stateName = z.enum([
  'stopped',
  'waiting',
  'starting',
  'running',
  'unready',
  'stopping',
  'backoff',
  'scheduled',
  'completed',
  'failed',
  'skipped',
]);

export const exitView = z.strictObject({
  /** Null when a signal ended it; and so is the signal when nobody could tell how it ended. */
  code: z.int().nullable(),
  signal: z.string().nullable(),
  core_dumped: z.boolean(),
  /** The kernel's OOM killer sent the signal. */
  oom: z.boolean(),
  text: z.string(),
});

const condition = z.enum(['service_started', 'service_healthy', 'service_completed_successfully']);

/** A dependency that is not met; `blocked` when nothing will happen by itself. */
export const unmetView = z.strictObject({
  service: z.string(),
  condition,
  verdict: z.enum(['pending', 'blocked']),
  state: stateName,
});

export const dependencyView = z.strictObject({
  service: z.string(),
  condition,
  required: z.boolean(),
  restart: z.boolean(),
});

/** What Bosun will do by itself: in how many milliseconds, and when. */
const nextView = z.strictObject({
  action: z.enum(['start', 'kill', 'run']),
  in_ms: z.number(),
  at: z.iso.datetime(),
});

/** Another service and how it is, where that matters to this one. */
export const otherView = z.strictObject({ service: z.string(), state: stateName, note: z.string() });

/** Of the run that is being ended: why, and how far that has come. */
const stopView = z.strictObject({
  cause: z.enum([
    'requested',
    'restart',
    'dependency-restarted',
    'shutdown',
    'startup-timeout',
    'liveness-failed',
    'hook-failed',
    'reconfigured',
    'leader-exited',
  ]),
  step: z.enum(['pre-stop', 'asked', 'killed', 'post-stop', 'down']),
});

const hookFailureView = z.strictObject({
  hook: z.enum(['pre_start', 'post_start', 'pre_stop', 'post_stop', 'stop']),
  run: z.int(),
  detail: z.string(),
});

const strayView = z.strictObject({ pid: z.int(), name: z.string(), run: z.int() });

export const serviceView = z.strictObject({
  name: z.string(),
  description: z.string(),
  type: z.enum(['service', 'oneshot', 'timer', 'attached']),
  importance: z.enum(['normal', 'essential', 'main']),
  state: stateName,
  wanted: z.enum(['up', 'down']),
  /** Running and ready; or completed; of a timer: scheduled, or in a run. */
  ready: z.boolean(),
  run: z.int().nullable(),
  pid: z.int().nullable(),
  /** RFC 3339; when it entered this state. */
  since: z.iso.datetime().nullable(),
  started_at: z.iso.datetime().nullable(),
  ready_at: z.iso.datetime().nullable(),
  /** From start to ready, of this run. */
  ready_after_ms: z.number().nullable(),
  starts: z.int(),
  restarts: z.int(),
  last_exit: exitView.nullable(),
  /** One sentence: what it waits for, why it ended, what comes next. May be empty. */
  note: z.string(),
  next: nextView.nullable(),
  waiting_for: z.array(unmetView),
  depends_on: z.array(dependencyView),
  /** Optional dependencies that it goes without. */
  without: z.array(otherView),
  /** It is to end, but only after these have ended. */
  ends_after: z.array(otherView),
  stop: stopView.nullable(),
  last_probe_error: z.string(),
  /** In a row, up to now; 0 when it is alive. */
  liveness_failures: z.int(),
  /** What it says of itself: STATUS of sd_notify. */
  status_text: z.string(),
  /** What it was promised and does not have, in words. */
  degraded: z.array(z.string()),
  /** `outdated`: it is to be restarted with the configuration as it is; `removed`: that has it no more, and it is stopped. */
  configuration: z.enum(['current', 'outdated', 'removed']),
  last_hook_failure: hookFailureView.nullable(),
  /** Processes that a run has left behind; whether they live still is not known. */
  strays: z.array(strayView),
});

export const phaseName = z.enum(['created', 'up', 'stopping', 'sweeping', 'ended']);

export const servicesView = z.strictObject({
  phase: phaseName,
  /** While the container is being stopped. */
  shutdown: z
    .strictObject({
      exit_code: z.int(),
      /** Until whatever still lives gets SIGKILL; 0 when it has. */
      kill_in_ms: z.number(),
      /** Until Bosun ends in any case. */
      end_in_ms: z.number(),
    })
    .nullable(),
  last_event_id: z.int(),
  journal: z.strictObject({
    state: z.enum(['writing', 'held-in-memory']),
    /** Why it is not written; empty while it is. */
    reason: z.string(),
    /** Events that wait to be written, and those that were more than could be held. */
    held: z.int(),
    lost: z.int(),
  }),
  services: z.array(serviceView),
});

export type StateView = z.infer<typeof stateName>;
export type ExitView = z.infer<typeof exitView>;
export type UnmetView = z.infer<typeof unmetView>;
export type DependencyView = z.infer<typeof dependencyView>;
export type OtherView = z.infer<typeof otherView>;
export type JournalView = ServicesView['journal'];
export type ServiceView = z.infer<typeof serviceView>;
export type ServicesView = z.infer<typeof servicesView>;
