// What another configuration would change, and what became of applying it.
import { z } from 'zod';
import { serviceView } from './service-view.ts';

/** What is wrong in a configuration file, and where. */
export const diagnosticView = z.strictObject({
  severity: z.enum(['error', 'warning']),
  file: z.string(),
  line: z.int(),
  column: z.int(),
  key: z.string(),
  message: z.string(),
  remedy: z.string(),
});

export const differenceView = z.strictObject({
  /** As in the file, such as `restart.policy`; a variable is `environment.NAME`. */
  key: z.string(),
  how: z.enum(['added', 'removed', 'changed']),
  /** Null for what is not shown: commands, values of variables, and what is not a single value. */
  before: z.string().nullable(),
  after: z.string().nullable(),
});

export const changeView = z.strictObject({
  service: z.string(),
  /** `restarted`: it runs with something that differs. `updated`: what differs is used from then on, nothing is ended. */
  kind: z.enum(['added', 'removed', 'restarted', 'updated']),
  /** The keys of its file that differ. */
  keys: z.array(z.string()),
  because: z.array(differenceView),
});

export const planView = z.strictObject({
  directory: z.string(),
  changes: z.array(changeView),
  /** Of bosun.yaml, used at once. */
  settings: z.array(differenceView),
  /** Of bosun.yaml, used at the next start of Bosun only. */
  needs_restart_of_bosun: z.array(differenceView),
  /** Services that stay as they are. */
  unchanged: z.array(z.string()),
  warnings: z.array(diagnosticView),
});

export const applyView = planView.extend({
  /** Its id; events that follow from it carry it. */
  command: z.string(),
  /** `accepted`: on its way. `reached`: `wait` was given, and everything that changed is up. */
  outcome: z.enum(['accepted', 'reached']),
  /** What was changed and is there still, as it is after the wait. Empty without `wait`. */
  views: z.array(serviceView),
  /** The events of the command itself are not newer than this; a read with `at_least` of it sees them. */
  last_event_id: z.int(),
});

export type DiagnosticView = z.infer<typeof diagnosticView>;
export type DifferenceView = z.infer<typeof differenceView>;
export type ChangeView = z.infer<typeof changeView>;
export type PlanView = z.infer<typeof planView>;
export type ApplyView = z.infer<typeof applyView>;
