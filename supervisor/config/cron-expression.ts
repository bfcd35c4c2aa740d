// Cron expressions of five or six fields, and croner's names such as @daily. croner judges them, because it runs them. It is loaded
// with the first expression only: a configuration without timers does not pay for it.
import { createRequire } from 'node:module';
import type * as Croner from 'croner';
import { ok, quote, wrong, type Parsed } from './parsed.ts';

const require = createRequire(import.meta.url);
const REMEDY = 'Write minute, hour, day of month, month and day of week, such as "0 3 * * *", or @daily.';

export function parseCronExpression(value: unknown): Parsed<string> {
  if (typeof value !== 'string') return wrong(`must be a cron expression, not ${quote(value)}`, REMEDY);
  const every = /^@every\s+(\S+)$/.exec(value.trim())?.[1];
  if (every !== undefined) return wrong(`${quote(value)} is no cron expression`, `Write every: ${every}.`);
  const fields = value.trim().split(/\s+/);
  const isName = value.trim().startsWith('@');
  // croner takes a year and single dates as well; a run that can only be once is no schedule.
  if (!isName && fields.length !== 5 && fields.length !== 6) {
    const count = value.trim() === '' ? 0 : fields.length;
    return wrong(`has ${count} ${count === 1 ? 'field' : 'fields'} instead of 5, or 6 with seconds`, REMEDY);
  }
  return judge(value);
}

function judge(value: string): Parsed<string> {
  const { Cron } = require('croner') as typeof Croner;
  try {
    // By an offset, not by the name UTC: croner asks Intl for names, which takes 20 ms the first time.
    const never = new Cron(value, { paused: true, utcOffset: 0 }).nextRun(new Date(0)) === null;
    return never ? wrong(`${quote(value)} never comes`, 'Choose a day that the month has.') : ok(value);
  } catch (error) {
    return wrong(`${quote(value)} is no cron expression: ${reasonOf(error)}`, REMEDY);
  }
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.replace(/^CronPattern: /, '');
}
