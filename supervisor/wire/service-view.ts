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
  /** Null when a signal ended it. */
  code: z.int().nullable(),
  signal: z.string().nullable(),
  core_dumped: z.boolean(),
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

/** What Bosun will do by itself, and in how many milliseconds. */
const nextView = z.strictObject({ action: z.enum(['start', 'kill']), in_ms: z.number() });

export const serviceView = z.strictObject({
  name: z.string(),
  description: z.string(),
  type: z.enum(['service', 'oneshot', 'timer']),
  importance: z.enum(['normal', 'essential', 'main']),
  state: stateName,
  wanted: z.enum(['up', 'down']),
  /** Running and ready; or completed. */
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
  last_probe_error: z.string(),
});

export const phaseName = z.enum(['created', 'up', 'stopping', 'sweeping', 'ended']);

export const servicesView = z.strictObject({
  phase: phaseName,
  last_event_id: z.int(),
  services: z.array(serviceView),
});

export type StateView = z.infer<typeof stateName>;
export type ExitView = z.infer<typeof exitView>;
export type UnmetView = z.infer<typeof unmetView>;
export type DependencyView = z.infer<typeof dependencyView>;
export type ServiceView = z.infer<typeof serviceView>;
export type ServicesView = z.infer<typeof servicesView>;
