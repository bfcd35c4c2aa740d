// An event as the API shows it.
import { z } from 'zod';

export const eventView = z.strictObject({
  /** Global, increasing; the cursor for `after` and `Last-Event-ID`. */
  id: z.int(),
  /** Of its service; 0 for what belongs to the whole. */
  seq: z.int(),
  time: z.iso.datetime(),
  monotonic_ms: z.number(),
  version: z.literal(1),
  actor: z.string(),
  /** The command that led to it; empty when none did. */
  command: z.string(),
  type: z.string(),
  /** Empty for what belongs to the whole. */
  service: z.string(),
  /** What this type of event carries, in snake_case. */
  details: z.record(z.string(), z.unknown()),
});

export const eventsView = z.strictObject({
  events: z.array(eventView),
  last_event_id: z.int(),
  /** The oldest event that is still held; a smaller `after` has missed some. */
  oldest_event_id: z.int(),
  /** What the next list goes on with, as its `after`; `last_event_id` when that was all. */
  next_after: z.int(),
});

/** Sent instead of silence when the cursor is older (or newer) than what is held. */
export const gapView = z.strictObject({ after: z.int(), oldest_event_id: z.int() });

export type EventView = z.infer<typeof eventView>;
export type EventsView = z.infer<typeof eventsView>;
export type GapView = z.infer<typeof gapView>;
