// The dates of a cron expression in its time zone, by croner, which has no dependencies and takes zones from Intl. Loaded with the
// first expression only: a fleet without timers does not pay for it.
import { createRequire } from 'node:module';
import type { Calendar } from '../core/schedule.ts';
import type * as Croner from 'croner';

const require = createRequire(import.meta.url);

export const calendar: Calendar = ({ expression, timeZone }, afterWallMs) => {
  // The core asks in the middle of a decision and cannot wait for an import.
  const { Cron } = require('croner') as typeof Croner;
  // UTC by its offset: for names croner asks Intl, which takes 20 ms the first time.
  const zone = timeZone === 'UTC' ? { utcOffset: 0 } : { timezone: timeZone };
  const next = new Cron(expression, { ...zone, paused: true }).nextRun(new Date(afterWallMs));
  return next?.getTime();
};
