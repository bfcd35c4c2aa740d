// A log line as the API shows it, and what stands for lines that it cannot show.
import { z } from 'zod';

export const logLineView = z.strictObject({
  /** Not there when it is from a file of the format `raw`, which does not say it. */
  time: z.iso.datetime().optional(),
  service: z.string(),
  /** As `time`. */
  stream: z.enum(['stdout', 'stderr']).optional(),
  line: z.string(),
  /** The exact bytes, when they are not UTF-8. */
  base64: z.string().optional(),
  /** The line was longer than 64 KiB: the next one goes on with it. */
  continues: z.literal(true).optional(),
  /** Behind the line, of its service: `SERVICE:POSITION`, for `after`. */
  cursor: z.string(),
});

/** Lines between the cursor, or the line before, and the next one that are not shown. */
export const logGapView = z.strictObject({
  service: z.string(),
  /** How many; null when nobody knows. */
  lines: z.int().nullable(),
  reason: z.enum([
    /** The files are gone: rotated away. */
    'removed',
    /** Somebody has emptied current.log, or put another file in its place. */
    'replaced',
    /** A compressed file cannot be read. */
    'damaged',
    /** Held in memory only, and not any more. */
    'not-held',
    /** Its files are `raw`: what is older than the memory has no times and streams. */
    'not-told',
    /** The pattern has taken too long; the stream ends. */
    'pattern-too-slow',
  ]),
});

export type LogLineView = z.infer<typeof logLineView>;
export type LogGapView = z.infer<typeof logGapView>;
export type GapReason = LogGapView['reason'];
