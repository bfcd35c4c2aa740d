// The answer to a request for an upgrade: everything was tried that can be tried before, and the rest is told by an event.
import { z } from 'zod';

export const upgradeView = z.strictObject({
  /** Of the event `upgraded` or `upgrade-failed` that tells what came of it. */
  command: z.string(),
  /** Versions of Bosun. */
  from: z.string(),
  to: z.string(),
  /** The event comes after this one. */
  last_event_id: z.int(),
});

export type UpgradeView = z.infer<typeof upgradeView>;
