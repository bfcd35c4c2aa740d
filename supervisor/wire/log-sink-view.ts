// A remote sink of the logs as the API shows it: never a header, nor the query of a URL.
import { z } from 'zod';

export const logSinkView = z.strictObject({
  name: z.string(),
  kind: z.enum(['syslog', 'otlp', 'loki']),
  /** Where it sends. */
  place: z.string(),
  /** `retrying`: its lines wait, see `last_error` and `next_try`. `ended`: Bosun is shutting down. */
  state: z.enum(['ok', 'retrying', 'ended']),
  /** A piece of a line that was too long counts as a line; so in all of these. */
  queued_lines: z.int(),
  queued_bytes: z.int(),
  queue_limit_bytes: z.int(),
  /** Since the queue was made; restarts of Bosun do not matter. */
  sent_lines: z.int(),
  /** Dropped from a full queue. */
  missed_lines: z.int(),
  /** The receiver will never take them. */
  refused_lines: z.int(),
  last_error: z.string().nullable(),
  retrying_since: z.iso.datetime().nullable(),
  next_try: z.iso.datetime().nullable(),
});

export const logSinksView = z.strictObject({ sinks: z.array(logSinkView) });

export type LogSinkView = z.infer<typeof logSinkView>;
export type LogSinksView = z.infer<typeof logSinksView>;
