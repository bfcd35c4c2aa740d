// What became of the views when they were rebuilt from the journal.
import { z } from 'zod';

export const rebuildView = z.strictObject({
  /** Replayed. */
  events: z.int(),
  /** Beginning with the state after the event of this id. */
  from_snapshot: z.int(),
  /** Where the views were different before, as paths; empty when all was well. */
  differences: z.array(z.string()),
});

export type RebuildView = z.infer<typeof rebuildView>;
