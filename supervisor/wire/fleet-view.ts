// The answers that are about the whole: version, health, and what became of a command.
import { z } from 'zod';
import { phaseName, serviceView, stateName } from './service-view.ts';

export const versionView = z.strictObject({
  version: z.string(),
  api: z.literal('v1'),
  node: z.string(),
  pid: z.int(),
  /** Where Bosun keeps what is to outlive it; as it sees it. */
  state_directory: z.string(),
  /** Of the service files; as Bosun sees it. */
  configuration_directory: z.string(),
});

export const healthView = z.strictObject({
  status: z.enum(['healthy', 'unhealthy']),
  phase: phaseName,
  /** Every service that is wanted, can run, and is not ready. */
  not_ready: z.array(z.strictObject({ service: z.string(), state: stateName, note: z.string() })),
  ready: z.int(),
  skipped: z.int(),
  /** Log lines that were not written because the reader of standard output stalled. */
  dropped_log_lines: z.int(),
});

export const commandView = z.strictObject({
  /** Its id; events that follow from it carry it. */
  command: z.string(),
  verb: z.enum(['start', 'stop', 'restart', 'reload', 'signal', 'shutdown']),
  /** Every service that it reaches, those pulled in included. */
  services: z.array(z.string()),
  /** `accepted`: on its way. `reached`: `wait` was given and the outcome is there. */
  outcome: z.enum(['accepted', 'reached']),
  /** The services named, as they are after the wait. Empty without `wait`. */
  views: z.array(serviceView),
  /** Of the services named, those that have had another run meanwhile. Empty without `wait`. */
  started: z.array(z.string()),
  /** The events of the command itself are not newer than this; a read with `at_least` of it sees them. */
  last_event_id: z.int(),
});

export type VersionView = z.infer<typeof versionView>;
export type HealthView = z.infer<typeof healthView>;
export type CommandView = z.infer<typeof commandView>;
export type CommandVerbName = CommandView['verb'];
