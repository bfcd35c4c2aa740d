// The keys of a timer: when its runs are due.
import { parseCronExpression } from './cron-expression.ts';
import { positiveDuration, scalar } from './schema-scalars.ts';
import { parseTimeZone } from './time-zone.ts';

export const scheduleShape = {
  schedule: scalar(parseCronExpression, {
    type: 'string',
    description:
      'Of a timer: when it runs, as a cron expression of five fields, of six with seconds first, or a name such as @daily. A run ' +
      'that is due while one is under way is left out.',
    examples: ['0 3 * * *', '@hourly'],
  }).optional(),
  every: positiveDuration({
    description: 'Of a timer: from the start of one run to the start of the next, the first after that time.',
    examples: ['15m'],
  }).optional(),
  time_zone: scalar(parseTimeZone, {
    type: 'string',
    description: 'The time zone of `schedule`, by its IANA name.',
    examples: ['Europe/Berlin'],
  }).prefault('UTC'),
};
