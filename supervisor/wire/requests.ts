// What may be asked: the query strings and bodies of the API. Loaded when the first request has one.
import { constants } from 'node:os';
import { z } from 'zod';
import { ROLES } from '../core/control-access.ts';
import { SERVICE_NAME_PATTERN } from '../core/names.ts';
import { parseDuration } from './duration.ts';
import { parseMoment } from './moment.ts';

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
/** Of every read: it waits, up to `wait` (5s), until the view has come to this event. */
export const freshnessQuery = z.strictObject({ at_least: count, wait: wait.optional() });
/** `pss`: also what costs the kernel a walk through all memory. */
export const metricsQuery = z.strictObject({ pss: flag.optional() });
export const waitQuery = z.strictObject({ wait: wait.optional() });
export const eventsQuery = z.strictObject({
  after: count.optional(),
  service: nameList.optional(),
  type: nameList.optional(),
  /** Of these jobs, by id. */
  job: nameList.transform((ids) => ids.map(Number)).optional(),
  actor: nameList.optional(),
  /** The id of a command: what it has led to. */
  command: z.string().min(1).max(200).optional(),
  limit: count.optional(),
});

const moment = z.string().transform((text, context) => {
  const timeMs = parseMoment(text, Date.now());
  if (timeMs !== undefined) return timeMs;
  context.addIssue(
    'is no time: write 2026-11-21T14:20:30Z, seconds since 1970, or how long ago, such as 10m or 2d',
  );
  return z.NEVER;
});
/** Of one service. */
export const logsQuery = z.strictObject({
  /** The newest so many, or `all`; 100, and all of them when `since` is there. */
  lines: z
    .string()
    .regex(/^(\d{1,15}|all)$/, 'is neither a whole number nor all')
    .transform((text) => (text === 'all' ? Infinity : Number(text)))
    .optional(),
  since: moment.optional(),
  until: moment.optional(),
  /** A regular expression of JavaScript, with the flag v, that the line matches somewhere. */
  grep: z.string().min(1, 'is an empty pattern, which every line matches').max(1000).optional(),
  ignore_case: flag.optional(),
  stream: z.enum(['stdout', 'stderr'], { error: 'is neither stdout nor stderr' }).optional(),
  follow: flag.optional(),
  /** A cursor: what comes behind it, instead of the newest lines. */
  after: z.string().min(1).optional(),
});
/** Of these services; of all of them when none is named. */
export const manyLogsQuery = logsQuery.extend({ services: nameList.optional() });

export const signalBody = z.strictObject({ signal: signalName });
export const emptyBody = z.strictObject({});
const services = z.array(serviceName).min(1, 'names no service').max(1000);
export const commandBody = z.discriminatedUnion('verb', [
  z.strictObject({ verb: z.enum(['start', 'stop', 'restart', 'reload']), services }),
  z.strictObject({ verb: z.literal('signal'), services, signal: signalName }),
]);

/** Of one change: what is shown of it must fit into an event. */
const MOST_SETTINGS = 100;
/** `__proto__` is no key of a map in JavaScript. */
const SETTING_KEY = /^(?!__proto__$)[^\p{C}\s=]{1,200}$/u;
export const settingsBody = z.strictObject({
  values: z
    .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
    .refine((values) => Object.keys(values).length > 0, 'names no setting')
    .refine((values) => Object.keys(values).length <= MOST_SETTINGS, `has more than ${MOST_SETTINGS}`)
    .superRefine((values, context) => {
      const wrong = Object.keys(values).find((key) => !SETTING_KEY.test(key));
      if (wrong === undefined) return;
      const shown = JSON.stringify(wrong.slice(0, 80));
      context.addIssue(`${shown} is not the key of a setting, such as rate_limit.requests_per_second`);
    }),
});

/** One day: longer than it takes to give a client its next key. */
const LONGEST_OVERLAP_MS = 86_400_000;
const overlap = z.string().transform((text, context) => {
  const overlapMs = parseDuration(text);
  if (overlapMs !== undefined && overlapMs <= LONGEST_OVERLAP_MS) return overlapMs;
  context.addIssue('is not a duration up to 24h, such as 10m');
  return z.NEVER;
});
export const rotateQuery = z.strictObject({ overlap: overlap.optional() });
export const keyBody = z.strictObject({
  name: z
    .string()
    .regex(/^[\p{L}\p{N}_.@ -]{1,64}$/u, 'is not a name: letters, digits and _.@- , at most 64'),
  role: z.enum(ROLES, { error: `is not a role: ${ROLES.join(', ')}` }),
});

export type RotateQuery = z.infer<typeof rotateQuery>;
export type KeyBody = z.infer<typeof keyBody>;
/** Of what config/job-schema.ts checks in whole, only the form. */
const loose = z.record(z.string(), z.unknown());
const words = z.union([z.array(z.string()).min(1), z.string().min(1)]);
const account = z.union([z.string(), z.int()]);
const amount = z.union([z.string(), z.int()]);
const jobShape = {
  /** Program and arguments; a string is split as a shell splits words, but no shell runs it. */
  command: words,
  environment: z.union([z.array(z.string()), z.record(z.string(), z.string().nullable())]).optional(),
  working_dir: z.string().optional(),
  user: account.optional(),
  group: account.optional(),
  groups: z.array(account).optional(),
  /** As in a service file, like `security`, `nice`, `io_priority`, `cpu_affinity`. */
  limits: loose.optional(),
  security: loose.optional(),
  nice: z.int().optional(),
  io_priority: z.union([z.string(), loose]).optional(),
  cpu_affinity: z.union([z.string(), z.int(), z.array(z.union([z.string(), z.int()]))]).optional(),
  /** Between SIGINT and SIGTERM, and between SIGTERM and SIGKILL; 5s. */
  stop_interval: amount.optional(),
  /** It is stopped after this time. */
  timeout: amount.optional(),
  /** Of output that is kept; 16M. */
  output_limit: amount.optional(),
  /** Other than `none`: with an upgrade to bosun-exec only. */
  input: z.enum(['none', 'stream', 'terminal']).optional(),
  /** Of the terminal. */
  columns: z.int().optional(),
  rows: z.int().optional(),
};
export const jobBody = z.strictObject({ ...jobShape, service: serviceName.optional() });
export const execBody = z.strictObject(jobShape);
export const jobOutputQuery = z.strictObject({
  stream: z.enum(['stdout', 'stderr']).optional(),
  /** A byte of the frames. */
  from: count.optional(),
  /** Until the job ends; else what there is. */
  follow: flag.optional(),
});

export type JobOutputQuery = z.infer<typeof jobOutputQuery>;
export type WaitQuery = z.infer<typeof waitQuery>;
export type EventsQuery = z.infer<typeof eventsQuery>;
export type LogsQuery = z.infer<typeof manyLogsQuery>;
export type SettingsBody = z.infer<typeof settingsBody>;
export type SignalBody = z.infer<typeof signalBody>;
export type CommandBody = z.infer<typeof commandBody>;
