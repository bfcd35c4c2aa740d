// What may be asked: the query strings and bodies of the API. Loaded when the first request has one.
import { constants } from 'node:os';
import { z } from 'zod';
import { SERVICE_NAME_PATTERN } from '../core/names.ts';
import { parseDuration } from './duration.ts';

/** Ten minutes: a longer wait is a connection that nobody remembers. */
export const LONGEST_WAIT_MS = 600_000;

const serviceName = z.string().regex(SERVICE_NAME_PATTERN, 'is not a service name');
const signalName = z
  .string()
  .transform((text) => (text.startsWith('SIG') ? text : `SIG${text}`))
  .pipe(
    z.enum(Object.keys(constants.signals) as NodeJS.Signals[], { error: 'is not a signal, such as SIGHUP' }),
  );

const wait = z.string().transform((text, context) => {
  const waitMs = parseDuration(text);
  if (waitMs !== undefined && waitMs <= LONGEST_WAIT_MS) return waitMs;
  context.addIssue('is not a duration up to 10m, such as 10s');
  return z.NEVER;
});

const count = z
  .string()
  .regex(/^\d{1,15}$/, 'is not a whole number')
  .transform(Number);
const flag = z.enum(['true', 'false', '1', '0', '']).transform((text) => text !== 'false' && text !== '0');
const nameList = z.string().transform((text) => text.split(',').filter((name) => name !== ''));

export const noQuery = z.strictObject({});
export const waitQuery = z.strictObject({ wait: wait.optional() });
export const eventsQuery = z.strictObject({
  after: count.optional(),
  service: nameList.optional(),
  type: nameList.optional(),
  limit: count.optional(),
});
export const logsQuery = z.strictObject({ lines: count.optional(), follow: flag.optional() });

export const signalBody = z.strictObject({ signal: signalName });
export const emptyBody = z.strictObject({});
const services = z.array(serviceName).min(1, 'names no service').max(1000);
export const commandBody = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.enum(['start', 'stop', 'restart', 'reload']), services }),
  z.strictObject({ verb: z.literal('signal'), services, signal: signalName }),
]);

export type WaitQuery = z.infer<typeof waitQuery>;
export type EventsQuery = z.infer<typeof eventsQuery>;
export type LogsQuery = z.infer<typeof logsQuery>;
export type SignalBody = z.infer<typeof signalBody>;
export type CommandBody = z.infer<typeof commandBody>;
